// The network goes away in the middle of a question and comes back: no word of it is missing, and none is there twice.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, openPage, type Watched } from '../support/page';
import { startPlainProxy, startRelay, type Relay } from '../support/proxy';
import { startServer, type Server } from '../support/server';
import { spokenQuestion, wordsHeard, type Spoken } from '../support/speech';

/** Three words in a row that come again later: a stretch of audio that was heard two times. */
function heardTwice(text: string): boolean {
  const words = text.toLowerCase().match(/[a-z']+/g) ?? [];
  const threes = words.slice(2).map((_, n) => words.slice(n, n + 3).join(' '));
  return new Set(threes).size < threes.length;
}

describe('a connection that drops in the middle of a question', () => {
  let server: Server;
  let relay: Relay;
  let browser: Browser;
  let watched: Watched;
  let spoken: Spoken;

  beforeAll(async () => {
    spoken = spokenQuestion();
    server = await startServer();
    relay = await startRelay(server.url);
    browser = await startBrowser({ microphone: spoken.file });
    watched = await openPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    relay?.close();
    await server?.stop();
  });

  it('loses no word and says what is going on', async () => {
    const { page } = watched;
    await page.goto(`${relay.url}/interview/`);
    await page.getByRole('button', { name: 'Start the interview' }).click();
    await page.locator('[data-utterance=partial]').first().waitFor({ timeout: 90_000 });
    relay.cut(true);
    await page.getByRole('status').getByText('Reconnecting; nothing is lost for 30 s').waitFor();
    await page.waitForTimeout(1500);
    relay.resume();
    await page.getByRole('status').getByText('Listening').waitFor({ timeout: 20_000 });
    await page.locator('[data-utterance=final]').first().waitFor({ timeout: 90_000 });
    await page.locator('[data-answer=stop]').first().waitFor({ timeout: 90_000 });
    const heard = (await page.locator('[data-utterance=final] p').allInnerTexts()).join(' ');
    const begin = spoken.text.split(' ').slice(0, 5).join(' ');
    expect(wordsHeard(spoken.text, heard), `heard: ${heard}`).toBeGreaterThan(0.5);
    expect(wordsHeard(begin, heard), `the beginning of: ${heard}`).toBeGreaterThan(0.5);
  });

  it('keeps the question once, not its half as well', async () => {
    const { page } = watched;
    const shown = await page.locator('[data-utterance=final] p').allInnerTexts();
    expect(shown, 'one utterance').toHaveLength(1);
    expect(heardTwice(shown[0]!), `words said twice in: ${shown[0]}`).toBe(false);
    await page.getByRole('button', { name: 'End' }).click();
    await page.waitForURL('**/review/');
    await page.locator('ol h2').first().waitFor();
    expect(await page.locator('ol h2').count()).toBe(1);
  });

  it('is told from a proxy that passes no WebSockets', async () => {
    const proxy = await startPlainProxy(server.url);
    const { page, close } = await openPage(browser);
    await page.goto(`${proxy.url}/interview/`);
    await page.getByRole('button', { name: 'Start the interview' }).click();
    await page.getByRole('alert').getByText('does not pass WebSockets on').waitFor({ timeout: 30_000 });
    await page.getByRole('status').getByText('A proxy does not pass WebSockets on').waitFor();
    await expectAccessible(page, 'no WebSockets');
    await close();
    proxy.close();
  });
});
