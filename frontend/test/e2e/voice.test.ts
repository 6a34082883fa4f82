// The candidate's voice before an interview, and a language whose model is not there yet, in the browser against the real program.
import { createServer, type Server as HttpServer } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, openPage, type Watched } from '../support/page';
import { freePort, network, startServer, type Server } from '../support/server';
import { spokenQuestion } from '../support/speech';

const voices = network('voices.pt');

describe('the candidate’s voice', () => {
  let server: Server;
  let browser: Browser;
  let watched: Watched;

  beforeAll(async () => {
    server = await startServer({ models: voices ? [voices] : [] });
    browser = await startBrowser({ microphone: spokenQuestion().file });
    watched = await openPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const control = () => watched.page.locator('[data-voice]');

  async function record() {
    const { page } = watched;
    await page.getByRole('button', { name: 'Record the sentence' }).focus();
    await page.keyboard.press('Enter');
    await control().getByText('Read the sentence aloud').waitFor();
    await new Promise((done) => setTimeout(done, 7000)); // the recording that stands for the microphone
    await page.keyboard.press('Enter'); // the same button: Done
  }

  it('is not known at first, and nothing is recorded before it is agreed to', async () => {
    const { page } = watched;
    await page.goto(`${server.url}/interview/`);
    await control().getByText('Not known').waitFor();
    expect(await page.getByRole('button', { name: 'Record the sentence' }).isDisabled()).toBe(true);
    await expectAccessible(page, 'before the consent');
  });

  it.skipIf(voices)('says how to get what tells voices apart, where that is absent', async () => {
    await watched.page.getByLabel(/^My voice may be learned/).check();
    await record();
    await control().getByRole('alert').getByText('interviewd models get voices').waitFor();
  });

  it.skipIf(!voices)('is known after the phrase, and kept for who asks for it', async () => {
    const { page } = watched;
    await page.getByLabel(/^My voice may be learned/).check();
    await record();
    await control().getByText('Known for this interview').waitFor({ timeout: 60_000 });
    await expectAccessible(page, 'with a known voice');
    await page.getByRole('button', { name: 'Keep it for my next interviews' }).click();
    await control().getByText('kept for your next interviews').waitFor();
  });

  it.skipIf(!voices)('leaves no session behind that was never started, and goes into the one that is', async () => {
    const { page } = watched;
    await page.getByRole('link', { name: 'Home' }).first().click();
    await page.getByText('No interviews yet').waitFor();
    await page.getByRole('link', { name: 'Interview', exact: true }).first().click();
    await control().getByText('kept for your next interviews').waitFor();
    await page.getByRole('button', { name: 'Forget my voice' }).click();
    await control().getByText('Not known').waitFor();
  });

  it('caused no error in the console on the way', () => {
    // where the network of voices is absent the browser reports the 503 itself
    expect(watched.troubles.filter((t) => voices || !t.includes('503'))).toEqual([]);
  });
});

/** A mirror that has the model, and sends the first tenth of it and no more until it is told to break off. */
async function slowMirror(port: number): Promise<HttpServer> {
  const BYTES = 81768585;
  const mirror = createServer((request, response) => {
    if (!request.url?.endsWith('ggml-base-q8_0.bin')) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Length': BYTES });
    if (request.method === 'HEAD') response.end();
    else response.write(Buffer.alloc(BYTES / 10));
  });
  await new Promise<void>((done) => mirror.listen(port, '127.0.0.1', done));
  return mirror;
}

describe('a language that is not heard yet', () => {
  let server: Server;
  let browser: Browser;
  let mirror: HttpServer;

  beforeAll(async () => {
    const port = await freePort();
    mirror = await slowMirror(port);
    const env = { INTERVIEWD_FETCH_MODELS: 'on', INTERVIEWD_MODEL_URL: `http://127.0.0.1:${port}`, PIP_INDEX_URL: 'http://127.0.0.1:1', PIP_RETRIES: '0' };
    server = await startServer({ env });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    mirror?.closeAllConnections();
    mirror?.close();
  });

  it('brings its model when it is chosen, says so, and says when it cannot be had', async () => {
    const { page, troubles, close } = await openPage(browser);
    await page.goto(`${server.url}/interview/`);
    await page.getByLabel('Language').selectOption('de');
    const notice = page.locator('[data-hearing]');
    await notice.getByText('base-q8_0 (82 MB) is on its way, for Deutsch').waitFor();
    const bar = notice.getByRole('progressbar');
    await expect.poll(() => bar.evaluate((b: HTMLProgressElement) => b.position), { timeout: 15_000 }).toBeCloseTo(0.1, 1);
    await expectAccessible(page, 'while it comes');
    mirror.closeAllConnections();
    mirror.close();
    await notice.getByText('could not be fetched').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await page.getByLabel('Language').selectOption('en');
    await expect.poll(() => notice.getAttribute('data-hearing')).not.toBe('failed');
    expect(troubles).toEqual([]);
    await close();
  });
});
