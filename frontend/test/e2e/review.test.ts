// A long session afterwards: only what is near the screen is in the page, one jumps to a question, searches in place, and is taken to a place
// by an address. And the history: what it shows is said by the server and stands in the address; several sessions are deleted at once.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, expectFits, openPage, type Watched } from '../support/page';
import { startServer, type Server } from '../support/server';

const SCREENS = process.env.SCREENS ?? 'test-results/screens';
const METRICS = { responseTime: 1, wordCount: 40, confidence: 0.9, qualityScore: 70, speechMs: 6000 };
const PAIRS = 250;

describe('after many questions and sessions', () => {
  let server: Server;
  let browser: Browser;
  let watched: Watched;
  let token = '';
  let id = '';
  let middle = '';

  async function post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'Content-Type': 'application/json', Origin: server.url, ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${server.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
    return (await answer.json()) as T;
  }
  const importSession = (title: string, createdAt: string, transcripts: object[], status = 'completed') =>
    post<{ id: string }>('/sessions/import', { session: { status, createdAt, title }, transcripts });
  const picture = (name: string) => watched.page.screenshot({ path: join(SCREENS, `${name}.png`) });
  const rows = () => watched.page.locator('[data-at]');

  beforeAll(async () => {
    await mkdir(SCREENS, { recursive: true });
    server = await startServer();
    browser = await startBrowser({});
    token = (await post<{ accessToken: string }>('/auth/local', {})).accessToken;
    const pairs = Array.from({ length: PAIRS }, (_, n) => ({
      questionNumber: n + 1,
      timestamp: new Date(Date.UTC(2026, 4, 14, 9, 0, n * 20)).toISOString(),
      metrics: METRICS,
      question: `What was part ${n + 1} of the migration like?`,
      answer: n === 199 ? 'There was a Zanzibar incident.' : 'It was rehearsed.\n\nThen it was done.\n\n'.repeat(1 + (n % 4)),
      speaker: 'interviewer',
      kind: 'behavioral',
      provider: 'groq',
    }));
    id = (await importSession('A long day', '2026-05-14T09:00:00.000Z', pairs)).id;
    watched = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    const page = await fetch(`${server.url}/api/v1/sessions/${id}/transcripts?order=asc&limit=100`, { headers: { Authorization: `Bearer ${token}` } });
    middle = ((await page.json()) as { items: { id: string }[] }).items[60]!.id;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('holds in the page what is near the screen', async () => {
    const { page } = watched;
    await page.goto(`${server.url}/interview/${id}/review/`);
    await page.getByRole('heading', { name: 'What was part 1 of the migration like?' }).waitFor();
    await page.getByRole('navigation', { name: 'Questions' }).getByRole('button', { name: /part 250 / }).waitFor();
    expect(await rows().count()).toBeLessThan(20);
    await picture('review-1440');
    await expectAccessible(page, 'a long session');
    await page.mouse.wheel(0, 30_000);
    await expect.poll(async () => Number(await rows().first().getAttribute('data-at'))).toBeGreaterThan(30);
    expect(await rows().count()).toBeLessThan(20);
    const top = await rows().evaluateAll((all) => all.filter((row) => row.getBoundingClientRect().top < innerHeight && row.getBoundingClientRect().bottom > 0).length);
    expect(top, 'rows on the screen').toBeGreaterThan(0);
  });

  it('is jumped in, and searched in place', async () => {
    const { page } = watched;
    const inSight = async (name: string) => {
      const box = (await page.getByRole('heading', { name }).boundingBox())!;
      return box.y >= 0 && box.y < 900;
    };
    await page.getByRole('navigation', { name: 'Questions' }).getByRole('button', { name: /part 240 / }).click();
    await expect.poll(() => inSight('What was part 240 of the migration like?')).toBe(true);
    await expect.poll(() => page.evaluate('document.activeElement.dataset.at')).toBe('239');
    await page.getByLabel('Search in this session').fill('zanzibar');
    await page.getByText('In 1', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('1 of 1').waitFor();
    await page.getByText('There was a Zanzibar incident.').waitFor();
    expect(await page.evaluate(`[...CSS.highlights.get('found')].map(String)`)).toEqual(['Zanzibar']);
    expect(await page.evaluate('document.activeElement.type')).toBe('search');
    await picture('review-found-1440');
    await page.setViewportSize({ width: 390, height: 844 });
    await expectFits(page, 'on a phone');
    await picture('review-390');
    await page.getByRole('button', { name: 'Questions' }).click();
    await page.getByRole('dialog').getByRole('button', { name: /part 3 / }).click();
    await expect.poll(() => inSight('What was part 3 of the migration like?')).toBe(true);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('is opened at a place', async () => {
    const { page } = watched;
    await page.goto(`${server.url}/interview/${id}/review/?again#${middle}`);
    await expect.poll(async () => (await page.getByRole('heading', { name: 'What was part 61 of the migration like?' }).boundingBox().catch(() => null))?.y ?? -1).toBeGreaterThan(0);
    await expect.poll(() => page.evaluate('document.activeElement.dataset.at')).toBe('60');
  });

  it('is filtered by the server, in the address, with a way out of nothing', async () => {
    const { page } = watched;
    for (const [title, day] of [['Acme', '2026-03-01'], ['Globex', '2026-03-02'], ['Initech', '2026-04-01']]) await importSession(title!, `${day}T12:00:00.000Z`, []);
    await page.goto(`${server.url}/history/`);
    const names = () => page.getByRole('main').locator('li a').allInnerTexts();
    await expect.poll(names).toHaveLength(4);
    await page.getByRole('button', { name: 'More filters' }).click();
    await page.getByLabel('From').fill('2026-03-01');
    await page.getByLabel('To', { exact: true }).fill('2026-03-02');
    await expect.poll(names).toHaveLength(2);
    expect(new URL(page.url()).search).toBe('?from=2026-03-01&to=2026-03-02');
    await picture('history-filtered-1440');
    await expectAccessible(page, 'filtered');
    await page.reload();
    await expect.poll(names).toHaveLength(2);
    await page.getByText('Open', { exact: true }).click();
    await page.getByRole('heading', { name: 'No session fits' }).waitFor();
    await expectAccessible(page, 'nothing fits');
    await page.getByRole('button', { name: 'Show all sessions' }).click();
    await expect.poll(names).toHaveLength(4);
    expect(new URL(page.url()).search).toBe('');
    await page.getByLabel('Search what was said').fill('zanz');
    await page.getByRole('link', { name: /Zanzibar/ }).waitFor();
    await page.getByLabel('Search what was said').fill('');
    await expect.poll(names).toHaveLength(4);
  });

  it('is rid of several sessions at once, after a question', async () => {
    const { page } = watched;
    await page.getByRole('button', { name: 'Select' }).click();
    await page.getByLabel(/^Choose Acme/).check();
    await page.getByLabel(/^Choose Globex/).check();
    await page.getByText('2 sessions chosen').waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await expectFits(page, 'choosing');
    await picture('history-choosing-390');
    await expectAccessible(page, 'choosing');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
    expect(await page.getByText('Acme').count()).toBe(1);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('2 sessions deleted.').waitFor();
    await page.getByText('Acme').waitFor({ state: 'detached' });
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(server.url);
    await page.getByRole('heading', { level: 1, name: 'Welcome back.' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Welcome back.' }).waitFor();
    await picture('home-returning-1440');
    await expectAccessible(page, 'home of who comes back');
    expect(watched.troubles).toEqual([]);
  });
});
