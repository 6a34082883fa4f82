// What a person does with a session afterwards: correct what was misheard, ask again, and see how they come along.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, openPage, type Watched } from '../support/page';
import { startServer, type Server } from '../support/server';

const METRICS = { responseTime: 1, wordCount: 4, confidence: 0.9, qualityScore: 70, speechMs: 6000 };

describe('a session afterwards', () => {
  let server: Server;
  let browser: Browser;
  let watched: Watched;
  let page: Page;

  beforeAll(async () => {
    server = await startServer();
    browser = await startBrowser({});
    watched = await openPage(browser, { viewport: { width: 1280, height: 860 } });
    page = watched.page;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('has nothing to compare at first', async () => {
    await page.goto(`${server.url}/progress/`);
    await page.getByText('Nothing to compare yet').waitFor();
    await expectAccessible(page, 'no progress');
  });

  it('has the words that were said, and what was heard beside them', async () => {
    const call = async (path: string, body: unknown, token?: string) => {
      const headers = { 'Content-Type': 'application/json', Origin: server.url, ...(token && { Authorization: `Bearer ${token}` }) };
      return (await fetch(`${server.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<Record<string, string>>;
    };
    const { accessToken } = await call('/auth/local', {});
    const line = { questionNumber: 1, timestamp: '2026-05-14T09:21:53.589Z', metrics: METRICS };
    const { id } = await call(
      '/sessions/import',
      {
        session: { status: 'completed', createdAt: '2026-05-14T09:20:00.000Z', title: 'Acme' },
        transcripts: [
          { ...line, question: 'Um I moved the whole ledger myself.', answer: '', isQuestion: false, speaker: 'candidate' },
          { ...line, question: 'Why did you leaf Acme?', answer: 'Because of the ledger.', speaker: 'interviewer', kind: 'motivational', provider: 'groq' },
        ],
      },
      accessToken,
    );
    await page.goto(`${server.url}/interview/${id}/review/`);
    await page.getByRole('button', { name: /^Correct.*leaf/ }).click();
    await expectAccessible(page, 'correcting');
    await page.getByLabel('What was said').fill('Why did you leave Acme?');
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Save', exact: true }).last().click();
    await page.getByRole('heading', { name: 'Why did you leave Acme?' }).waitFor();
    await page.getByText('Heard: Why did you leaf Acme?').waitFor();
    await expectAccessible(page, 'a corrected question');
  });

  it('is asked again in its place', async () => {
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.getByText('This answer is one to the words').waitFor({ state: 'detached' });
    await page.getByText('Because of the ledger.').waitFor({ state: 'detached' });
    await page.getByText('Heard: Why did you leaf Acme?').waitFor();
    expect(await page.getByRole('heading', { level: 2, name: 'Why did you leave Acme?' }).count()).toBe(1);
  });

  it('says how one comes along', async () => {
    await page.goto(`${server.url}/history/`);
    await page.getByRole('link', { name: 'Progress' }).click();
    const row = page.getByRole('row', { name: /Acme/ });
    await row.getByRole('cell', { name: '70', exact: true }).first().waitFor(); // words a minute
    await row.getByRole('cell', { name: '14.3' }).waitFor(); // fillers
    await expectAccessible(page, 'progress');
    expect(watched.troubles).toEqual([]);
  });
});
