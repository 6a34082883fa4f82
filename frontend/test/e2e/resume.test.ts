// A résumé becomes a profile: dropped as PDF and as a Word file, its stories looked over, drafts kept, and a posting held against it. Then the
// server goes away.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { makeDocx, makePdf, wordBullet, wordPara } from '../support/files';
import { expectAccessible, expectFits, openPage, type Watched } from '../support/page';
import { startServer, type Server } from '../support/server';

const POSTING = 'What you bring\n- cutting the cost of clusters\n- PostgreSQL\n- stakeholder management\n\nBenefits\n- 30 days of leave\n';
const PDF = makePdf([
  [
    'Zo\xeb M\xfcller',
    'Platform engineer',
    '',
    'Acme GmbH, platform engineer, 2019 to 2023',
    '\x95 Cut the cost of the clusters by 38 percent, saving 30,000 euros.',
    '\x95 When I came the nightly close took 4 hours. I was asked to halve it. I split the ledger by month. It',
    'now takes 35 minutes.',
    '',
    'SKILLS',
    'Go, PostgreSQL',
  ],
]);

/** Lets a file fall onto the page as a person would. */
async function drop(page: Page, name: string, type: string, bytes: Uint8Array) {
  const held = await page.evaluateHandle(
    ([fileName, fileType, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], fileName, { type: fileType }));
      return transfer;
    },
    [name, type, Buffer.from(bytes).toString('base64')] as const,
  );
  await page.dispatchEvent('main', 'dragover', { dataTransfer: held });
  await page.getByText('Drop the résumé here').waitFor();
  await page.dispatchEvent('main', 'drop', { dataTransfer: held });
}

describe('a résumé', () => {
  let server: Server;
  let browser: Browser;
  let watched: Watched;
  let page: Page;

  beforeAll(async () => {
    server = await startServer();
    browser = await startBrowser();
    watched = await openPage(browser, { viewport: { width: 1280, height: 900 } });
    page = watched.page;
    await page.goto(`${server.url}/profiles/`);
    await page.getByText('Nobody to answer as yet').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('that cannot be read is refused with a sentence', async () => {
    await drop(page, 'locked.pdf', 'application/pdf', makePdf([['Ada']], { locked: true }));
    await page.getByText('That PDF is locked with a password.').waitFor();
  });

  it('dropped as a PDF is read, and its stories are shown', async () => {
    const asked: string[] = [];
    page.on('request', (request) => void asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await drop(page, 'resume.pdf', 'application/pdf', PDF);
    await page.getByRole('heading', { name: 'New profile' }).waitFor();
    expect(await page.getByLabel('Name of the profile').inputValue()).toBe('Zoë Müller');
    expect(await page.getByLabel('Role you apply for').inputValue()).toBe('Platform engineer');
    expect(await page.getByLabel('Years of experience').inputValue()).toBe('4');
    expect(await page.getByRole('list', { name: 'Skills so far' }).innerText()).toMatch(/Go\s+PostgreSQL/);
    await page.getByRole('heading', { name: '2 stories in it' }).waitFor();
    expect(asked.filter((line) => line.startsWith('POST'))).toEqual(expect.arrayContaining(['POST /api/v1/profiles/preview']));
    expect(asked.some((line) => /upload|audio/.test(line))).toBe(false);
    await expectAccessible(page, 'story cards');
    await expectFits(page, 'story cards');
  });

  it('is told to the end where something is missing', async () => {
    await page.getByRole('button', { name: 'Add the task' }).click();
    await page.getByLabel(/^Task: what was yours/).fill('My task was to bring the bill down');
    await page.keyboard.press('Enter');
    await page.getByText('Every one has its situation, task, action and result.').waitFor();
    expect(await page.getByLabel('What you have done').inputValue()).toContain('• My task was to bring the bill down. Cut the cost of the clusters');
  });

  it('that is not saved yet is there after a reload and another page', async () => {
    await page.getByLabel('Industry').fill('Payments');
    await page.reload();
    await expect.poll(() => page.getByLabel('Industry').inputValue()).toBe('Payments');
    await page.getByRole('link', { name: 'History' }).first().click();
    await page.getByRole('heading', { name: 'History' }).first().waitFor();
    await page.getByRole('link', { name: 'Profiles' }).first().click();
    await expect.poll(() => page.getByLabel('Industry').inputValue()).toBe('Payments');
    await page.getByRole('button', { name: 'Save the profile' }).click();
    await page.getByText('Platform engineer, Payments, 4 years').waitFor();
    await page.reload();
    await page.getByText('Platform engineer, Payments, 4 years').waitFor();
    expect(await page.getByLabel('Industry').count()).toBe(0);
  });

  it('dropped as a Word file is read too', async () => {
    const body = wordPara('Noor Haddou') + wordPara('Head chef') + wordPara('The Salt House, head chef, since 2019') + wordBullet('Cut the cost of food by 10 percent.');
    await drop(page, 'noor.docx', '', makeDocx(body));
    await page.getByRole('heading', { name: 'New profile' }).waitFor();
    expect(await page.getByLabel('Name of the profile').inputValue()).toBe('Noor Haddou');
    await page.getByRole('heading', { name: '1 story in it' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'From a file' }).waitFor();
  });

  it('is held against a posting, which outlives a look at the profiles', async () => {
    await page.getByRole('link', { name: 'Interview', exact: true }).first().click();
    await page.getByLabel('Job description').fill(POSTING);
    const told = page.getByText('2 of 3 requirements covered');
    await told.waitFor();
    await page.getByText('no story for “stakeholder management” and “PostgreSQL”').waitFor();
    await told.click();
    await page.getByText('Cut the cost of the clusters by 38 percent').waitFor();
    await expectAccessible(page, 'the match');
    await expectFits(page, 'the match');
    await page.getByRole('link', { name: 'Edit profiles' }).click();
    await page.getByRole('button', { name: 'From a file' }).waitFor();
    await page.getByRole('link', { name: 'Interview', exact: true }).first().click();
    expect(await page.getByLabel('Job description').inputValue()).toBe(POSTING);
    expect(watched.troubles).toEqual([]);
  });

  it('is followed by a page of ours when the server is away', async () => {
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    expect(await page.evaluate(`caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((cache) => cache.keys()))))
      .then((found) => found.flat().map((request) => new URL(request.url).pathname).sort())`)).toEqual(['/icon.svg', '/offline.html', '/offline.js']);
    const { url } = server;
    const port = Number(new URL(url).port);
    await server.stop();
    await page.getByRole('link', { name: 'History' }).first().click();
    await page.getByRole('heading', { name: 'The server is away' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/history/');
    await page.getByText(new URL(url).host).waitFor();
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByText('It does not answer yet.').waitFor();
    await expectAccessible(page, 'while the server is away');
    await expectFits(page, 'while the server is away');
    server = await startServer({ port });
    await page.getByRole('heading', { name: 'History' }).first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/history/');
  });
});
