// One interview in two tabs: one listens, the other shows all of it and may take over; and a question that was misheard is corrected in both.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, expectFits } from '../support/page';
import { startServer, type Server } from '../support/server';
import { spokenQuestion, wordsHeard } from '../support/speech';

const SCREENS = process.env.SCREENS ?? 'test-results/screens';

describe('an interview in two tabs', () => {
  const spoken = spokenQuestion();
  let server: Server;
  let browser: Browser;
  let context: BrowserContext;
  let first: Page;
  let second: Page;
  let session = '';
  let token = '';

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { 'Content-Type': 'application/json', Origin: server.url, ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${server.url}/api/v1${path}`, { method, headers, body: body ? JSON.stringify(body) : undefined });
    expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
    return (await answer.json()) as T;
  }
  const said = (page: Page) => page.getByRole('region', { name: 'What was said' });
  const pairs = async () => (await call<{ items: { question: string; heard?: string; isQuestion?: boolean }[] }>('GET', `/sessions/${session}/transcripts`)).items;

  beforeAll(async () => {
    await mkdir(SCREENS, { recursive: true });
    server = await startServer();
    browser = await startBrowser({ microphone: spoken.file });
    token = (await call<{ accessToken: string }>('POST', '/auth/local', {})).accessToken;
    session = (await call<{ id: string }>('POST', '/sessions', {})).id;
    context = await browser.newContext({ permissions: ['microphone'], viewport: { width: 1280, height: 800 } });
    [first, second] = [await context.newPage(), await context.newPage()];
    await Promise.all([first, second].map((page) => page.goto(`${server.url}/interview/${session}/`)));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('is heard by one of them and seen in both', async () => {
    await second.getByText('Ready when you are.').waitFor();
    await first.getByRole('button', { name: 'Start listening' }).first().click();
    await second.getByText('Another page of this interview listens.').waitFor();
    await said(second).locator('[data-utterance=final]').first().waitFor({ timeout: 60_000 });
    await first.locator('[data-answer=stop]').waitFor({ timeout: 60_000 });
    await second.locator('[data-answer=stop]').waitFor();
    expect(wordsHeard(spoken.text, await said(second).innerText())).toBeGreaterThan(0.4);
    expect(await said(second).locator('[data-utterance]').allInnerTexts()).toEqual(await said(first).locator('[data-utterance]').allInnerTexts());
    await second.screenshot({ path: join(SCREENS, 'tabs-mirror-1280.png') });
    await expectAccessible(second, 'a page that mirrors');
  });

  it('is taken over, and nothing is stored twice', async () => {
    await second.getByRole('button', { name: 'Listen here' }).click();
    await first.getByText('Another page has taken over listening.').waitFor();
    await second.getByRole('status').filter({ hasText: /^Listening$/ }).first().waitFor();
    await first.setViewportSize({ width: 390, height: 844 });
    await expectFits(first, 'taken over, on a phone');
    await first.screenshot({ path: join(SCREENS, 'tabs-taken-390.png') });
    await first.setViewportSize({ width: 1280, height: 800 });
    const before = (await pairs()).filter((pair) => pair.isQuestion !== false).length;
    await first.getByLabel('Type a question').fill('Why do you want to work here?');
    await first.keyboard.press('Enter');
    await second.getByText('Why do you want to work here?').first().waitFor();
    await said(second).getByText('Typed', { exact: true }).waitFor();
    await expect.poll(async () => (await pairs()).filter((pair) => pair.isQuestion !== false).length).toBe(before + 1);
  });

  it('is corrected in its place', async () => {
    const misheard = (await pairs()).filter((pair) => pair.isQuestion !== false).at(-1)!.question;
    const count = (await pairs()).length;
    await said(first).getByRole('button', { name: /^Correct: / }).first().click();
    await said(first).getByLabel('Correct the question').fill('How did you settle a quarrel with a colleague?');
    await first.keyboard.press('Enter');
    for (const page of [first, second]) {
      await said(page).getByText('How did you settle a quarrel with a colleague?').waitFor();
      await said(page).getByText(`Heard: `).first().waitFor();
    }
    await first.getByRole('heading', { level: 2, name: 'How did you settle a quarrel with a colleague?' }).waitFor();
    await first.locator('[data-answer=stop]').waitFor();
    await first.screenshot({ path: join(SCREENS, 'tabs-corrected-1280.png') });
    await expectAccessible(first, 'a corrected question');
    const now = await pairs();
    expect(now).toHaveLength(count);
    expect(now.filter((pair) => pair.question.includes('quarrel'))).toMatchObject([{ heard: misheard }]);
  });
});
