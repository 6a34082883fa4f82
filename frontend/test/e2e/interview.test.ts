// The main job, in the browser: a question is spoken, its words appear, talking points with their sources and the answer follow, and the pair is
// there after a reload.
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, openPage, type Watched } from '../support/page';
import { startServer, type Server } from '../support/server';
import { spokenQuestion, wordsHeard, type Spoken } from '../support/speech';

describe('an interview', () => {
  let server: Server;
  let browser: Browser;
  let watched: Watched;
  let page: Page;
  let spoken: Spoken;
  let live = '';

  beforeAll(async () => {
    spoken = spokenQuestion();
    server = await startServer();
    browser = await startBrowser({ microphone: spoken.file });
    watched = await openPage(browser, { viewport: { width: 1280, height: 860 } });
    page = watched.page;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Off until the person says that the others know; from then on the page says so. */
  async function agreeToRecording() {
    await page.getByRole('button', { name: 'Record this interview' }).click();
    const start = page.getByRole('button', { name: 'Start recording' });
    expect(await start.isDisabled()).toBe(true);
    await expectAccessible(page, 'asking to record');
    await page.getByRole('checkbox', { name: /I have told everybody/ }).check();
    await start.click();
    await page.getByRole('status').getByText('Recording').waitFor();
  }

  it('opens straight into the product, without an account', async () => {
    await page.goto(server.url);
    await page.getByText('No interviews yet').waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
  });

  it('makes a profile from an example', async () => {
    await page.getByRole('link', { name: 'Profiles' }).first().click();
    await page.getByRole('button', { name: 'Start from an example' }).click();
    await page.getByRole('button', { name: /Mara Lindqvist/ }).click();
    await page.getByLabel('Role you apply for').fill('Staff platform engineer');
    await page.getByRole('button', { name: 'Save the profile' }).click();
    await page.getByText('Staff platform engineer, Payments').waitFor();
  });

  it('shows words while they are spoken', async () => {
    await page.getByRole('link', { name: 'Interview', exact: true }).first().click();
    await page.getByLabel('Job description').fill('Staff engineer, ledger platform\nYou resolve disagreements with data.');
    await page.getByRole('button', { name: 'Start the interview' }).click();
    await page.getByRole('status').getByText('Listening').waitFor();
    live = page.url();
    await agreeToRecording();
    const level = () => page.locator('[style*="--level"]').first().evaluate((meter: HTMLElement) => Number(meter.style.getPropertyValue('--level')));
    await expect.poll(level, { interval: 30, timeout: 20_000 }).toBeGreaterThan(0.2);
    const partial = page.locator('[data-utterance=partial] p').first();
    await partial.waitFor({ timeout: 90_000 });
    expect((await partial.innerText()).trim()).not.toBe('');
    await expectAccessible(page, 'while it listens');
  });

  it('makes a final text of them that has most of the words', async () => {
    await page.locator('[data-utterance=final]').first().waitFor({ timeout: 90_000 });
    const heard = (await page.locator('[data-utterance=final] p').allInnerTexts()).join(' ');
    expect(wordsHeard(spoken.text, heard), `heard: ${heard}`).toBeGreaterThan(0.5);
  });

  it('puts up talking points that quote the profile, and an answer', async () => {
    await page.locator('[data-answer=stop]').waitFor({ timeout: 90_000 });
    const profile = JSON.parse(await readFile('../profiles/platform-engineer.json', 'utf8')) as { context: string };
    const material = `${profile.context} Staff engineer, ledger platform You resolve disagreements with data. Staff platform engineer`.replace(/\s+/g, ' ');
    const quotes = await page.getByLabel('Talking points').locator('q').allInnerTexts();
    expect(quotes.length).toBeGreaterThan(0);
    for (const quote of quotes) expect(material).toContain(quote.replace(/\s+/g, ' ').replace(/[.]$/, ''));
    await expectAccessible(page, 'with an answer');
  });

  it('shows where the focus is, on every key of the way round', async () => {
    await page.locator('body').focus();
    const seen: string[] = [];
    for (let step = 0; step < 30; step++) {
      await page.keyboard.press('Tab');
      const [name, ring] = (await page.evaluate(`(() => {
        const at = document.activeElement;
        const ring = [at, ...(at.tagName === 'INPUT' ? [at.closest('form')] : [])].some((e) => e && getComputedStyle(e).outlineStyle !== 'none');
        return [at.tagName + ' ' + (at.getAttribute('aria-label') ?? at.textContent ?? ''), ring];
      })()`)) as [string, boolean];
      if (name.startsWith('BODY') || name === seen[0]) break;
      seen.push(name);
      expect(ring, `a ring around ${name}`).toBe(true);
    }
    for (const key of ['End', 'Stop listening', 'Listening settings']) expect(seen.join('\n')).toContain(key);
  });

  it('shows how long each stage took', async () => {
    const figures = page.getByLabel('Time from the end of the question');
    await figures.getByText('talking points').waitFor();
  });

  it('takes a typed question as well', async () => {
    const before = await page.locator('article').getAttribute('aria-label');
    await page.keyboard.press('/');
    await page.keyboard.type('Why do you want to work here?');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Why do you want to work here?' }).waitFor();
    await page.locator('[data-answer=stop]').waitFor();
    expect(await page.locator('article').getAttribute('aria-label')).not.toBe(before);
  });

  it('asks again with the words corrected', async () => {
    await page.locator('[data-utterance=final]').first().hover();
    await page.getByRole('button', { name: /^Correct: / }).first().click();
    await page.getByLabel('Correct the question').fill('What is a mutex?');
    await page.getByRole('button', { name: 'Ask this' }).click();
    await page.getByRole('heading', { name: 'What is a mutex?' }).waitFor();
    await page.locator('[data-answer=stop]').waitFor();
  });

  it('has all pairs after a reload', async () => {
    await page.reload();
    await page.getByRole('heading', { name: 'Why do you want to work here?' }).waitFor();
    await page.getByText('2 of 2').waitFor(); // the corrected one has taken the place of what was heard
    await page.keyboard.press('[');
    await page.getByRole('heading', { name: 'What is a mutex?' }).waitFor();
  });

  it('says plainly that it does not listen after a reload', async () => {
    await page.getByRole('status').getByText('Not listening').waitFor();
  });

  it('stops recording at once when told to', async () => {
    await page.getByRole('status').getByText('Recording').waitFor({ state: 'hidden' }); // the reload ended it
    await page.getByRole('button', { name: 'Record this interview' }).waitFor();
    await agreeToRecording();
    await page.getByRole('button', { name: 'Stop recording' }).click();
    await page.getByRole('button', { name: 'Record this interview' }).waitFor();
  });

  it('ends, and shows the session with its pairs', async () => {
    await page.getByRole('button', { name: 'End' }).click();
    await page.waitForURL('**/review/');
    await page.getByRole('heading', { name: 'Staff engineer, ledger platform' }).waitFor();
    await page.getByRole('heading', { name: 'Why do you want to work here?' }).waitFor();
    expect(await page.getByRole('heading', { level: 2 }).count()).toBeGreaterThanOrEqual(3);
  });

  it('plays what was said, and erases its sound alone', async () => {
    const hear = page.getByRole('button', { name: /^Hear it / }).first();
    await hear.focus();
    await page.keyboard.press('Enter');
    const stop = page.getByRole('button', { name: /^Stop / });
    await stop.waitFor();
    await stop.waitFor({ state: 'detached', timeout: 30_000 }); // at the end of the piece
    expect(await page.getByText('This browser cannot play').count()).toBe(0);
    await page.getByText(/^Agreed to .*I have told everybody/).waitFor();
    await expectAccessible(page, 'with a recording');
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the sound' }).click()]);
    expect((await readFile(await file.path())).toString('latin1', 0, 4)).toBe('OggS');
    await page.getByRole('button', { name: 'Erase it' }).click();
    await page.getByRole('button', { name: 'Erase', exact: true }).click();
    await page.getByRole('heading', { name: 'The recording' }).waitFor({ state: 'detached' });
    expect(await page.getByRole('button', { name: /^Hear it / }).count()).toBe(0);
    await page.getByRole('heading', { name: 'Why do you want to work here?' }).waitFor();
  });

  it('opens the session by its address', async () => {
    await page.reload();
    await page.getByRole('heading', { name: 'Why do you want to work here?' }).waitFor();
  });

  let saved: Buffer;
  for (const [name, format, head] of [
    ['PDF', 'pdf', '%PDF-'],
    ['JSON', 'json', '{'],
    ['Word', 'docx', 'PK'],
    ['Subtitles', 'srt', '1\n'],
    ['Markdown', 'md', '#'],
  ] as const)
    it(`saves it as ${name}`, async () => {
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: new RegExp(`^${name}`) }).click()]);
      expect(file.suggestedFilename()).toMatch(new RegExp(`\\.${format}$`));
      const bytes = await readFile(await file.path());
      expect(bytes.toString('latin1', 0, 5)).toContain(head);
      if (format === 'json') saved = bytes;
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
    });

  it('is listed at home and in the history', async () => {
    await page.goto(server.url);
    await page.getByRole('link', { name: /Staff engineer, ledger platform.*2 questions/ }).waitFor();
    await page.goto(`${server.url}/history/`);
    await page.getByRole('link', { name: /Staff engineer, ledger platform/ }).click();
    await page.waitForURL('**/review/');
  });

  it('is found by words that were said in it, at their place', async () => {
    await page.goto(`${server.url}/history/`);
    const search = page.getByLabel('Search what was said');
    await search.fill('no such words');
    await page.getByRole('heading', { name: 'Nothing was found' }).waitFor();
    await search.fill('LEDGER why work h');
    const place = page.getByRole('link', { name: /^Question \d+: Why do you want to work here/ });
    await place.waitFor();
    await expectAccessible(page, 'a search');
    await place.click();
    await page.waitForURL(/review\/#/);
    await page.locator('li:focus').getByRole('heading', { name: 'Why do you want to work here?' }).waitFor();
  });

  it('can be renamed, with the keyboard alone', async () => {
    const heading = page.getByRole('heading', { level: 1 });
    await page.getByRole('button', { name: 'Rename this session' }).focus();
    await page.keyboard.press('Enter');
    const field = page.getByLabel('Name of the session');
    await field.fill('Ledger team, second round');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await heading.innerText()).toContain('Staff engineer');
    await page.keyboard.press('Enter'); // the focus is back on the button
    await field.fill('Ledger team, second round');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Ledger team, second round' }).waitFor();
    await page.goto(`${server.url}/history/`);
    await page.getByRole('link', { name: /Ledger team, second round/ }).click();
    await page.waitForURL('**/review/');
  });

  it('is gone once deleted', async () => {
    await page.getByRole('button', { name: 'Delete this session' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.waitForURL('**/history/');
    await page.getByText('No interviews yet').waitFor();
    watched.troubles.length = 0;
    await page.goto(live);
    await page.getByRole('heading', { level: 1, name: 'There is no such session' }).waitFor();
    await expectAccessible(page, 'a session that is gone, live');
    await page.goto(`${live}review/`);
    await page.getByRole('heading', { level: 1, name: 'There is no such session' }).waitFor();
    await page.getByText('The link may be old').waitFor();
    await expectAccessible(page, 'a session that is gone');
    watched.troubles.length = 0; // the browser reports the 404 itself
  });

  it('comes back from the file that it was saved to', async () => {
    await page.goto(`${server.url}/history/`);
    const choose = page.getByLabel('Session file');
    await choose.setInputFiles({ name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('notes') });
    await page.getByText('This is no session that was saved as JSON.').waitFor();
    await choose.setInputFiles({ name: 'interview.json', mimeType: 'application/json', buffer: saved });
    await page.waitForURL('**/review/');
    await page.getByRole('heading', { name: 'Why do you want to work here?' }).waitFor();
    await page.getByRole('heading', { level: 1, name: 'Staff engineer, ledger platform' }).waitFor();
    await expectAccessible(page, 'a session that was imported');
  });

  it('shows the API of its server, asking nobody else', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${server.url}/api/docs`);
    await page.getByText('/api/v1/sessions/import').waitFor();
    expect(asked.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:'))).toEqual([]);
  });

  it('caused no error in the console on the way', () => {
    expect(watched.troubles).toEqual([]);
  });
});
