// The call runs in another browser tab: its sound is shared with the page, alone and together with the microphone.
import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { openPage, type Watched } from '../support/page';
import { startServer, type Server } from '../support/server';
import { spokenQuestion, wordsHeard, type Spoken } from '../support/speech';

const TITLE = 'The call';

/** A page that stands for the call: it speaks when told to. */
async function startCall(recording: string): Promise<HttpServer> {
  const wav = await readFile(recording);
  const server = createServer((request, response) => {
    const sound = request.url === '/voice.wav';
    response.writeHead(200, { 'Content-Type': sound ? 'audio/wav' : 'text/html' });
    response.end(sound ? wav : `<title>${TITLE}</title><audio src="/voice.wav" preload="auto"></audio>`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

describe('a call in another tab', () => {
  let server: Server;
  let call: HttpServer;
  let browser: Browser;
  let watched: Watched;
  let page: Page;
  let caller: Page;
  let spoken: Spoken;

  beforeAll(async () => {
    spoken = spokenQuestion();
    server = await startServer();
    call = await startCall(spoken.file);
    browser = await startBrowser({ microphone: spoken.file, tab: TITLE });
    watched = await openPage(browser, { viewport: { width: 1280, height: 860 } });
    page = watched.page;
    caller = await page.context().newPage();
    await caller.goto(`http://127.0.0.1:${(call.address() as AddressInfo).port}/`);
  });
  afterAll(async () => {
    await browser?.close();
    call?.close();
    await server?.stop();
  });

  async function begin(input: string) {
    await page.bringToFront();
    await page.goto(`${server.url}/interview/`);
    await page.getByText(input, { exact: true }).click();
    await page.getByRole('button', { name: 'Start the interview' }).click();
    await page.getByRole('button', { name: 'End' }).waitFor();
    const listening = page.getByRole('status').getByText('Listening', { exact: true });
    const start = page.getByRole('button', { name: 'Start listening' }).first();
    // sharing wants a click of its own when the one before is too long ago
    await expect
      .poll(async () => (await listening.isVisible()) || void (await start.click({ timeout: 500 }).catch(() => undefined)), { timeout: 20_000, interval: 1500 })
      .toBe(true);
  }

  const speak = () => caller.evaluate('document.querySelector("audio").play()');
  const said = (speaker: string) => page.locator('[data-utterance=final]').filter({ hasText: speaker }).locator('p');

  it('is heard and answered when its tab is shared', async () => {
    await begin('Shared tab');
    await speak();
    await said('Interviewer').first().waitFor({ timeout: 90_000 });
    const heard = (await said('Interviewer').allInnerTexts()).join(' ');
    expect(wordsHeard(spoken.text, heard), `heard: ${heard}`).toBeGreaterThan(0.5);
    await page.locator('[data-answer=stop]').first().waitFor({ timeout: 90_000 });
  });

  it('says so when the tab is closed or no longer shared', async () => {
    await caller.goto('about:blank');
    await caller.close();
    await page.getByRole('status').getByText('The shared tab ended').waitFor({ timeout: 20_000 });
  });

  it('is the interviewer, and the microphone oneself, when both are shared', async () => {
    caller = await page.context().newPage();
    await caller.goto(`http://127.0.0.1:${(call.address() as AddressInfo).port}/`);
    await begin('Both');
    await said('You').first().waitFor({ timeout: 90_000 }); // the microphone's recording begins by itself
    await speak();
    await said('Interviewer').first().waitFor({ timeout: 90_000 });
    for (const speaker of ['You', 'Interviewer']) {
      const heard = (await said(speaker).allInnerTexts()).join(' ');
      expect(wordsHeard(spoken.text, heard), `${speaker}: ${heard}`).toBeGreaterThan(0.5);
    }
    await page.locator('[data-answer=stop]').first().waitFor({ timeout: 90_000 });
    await page.getByText('1 of').or(page.getByText('Question 1')).first().waitFor();
    expect(await page.getByText('Question 2').count(), 'what the candidate said is no question').toBe(0);
  });

  it('caused no error in the console on the way', () => {
    expect(watched.troubles).toEqual([]);
  });
});
