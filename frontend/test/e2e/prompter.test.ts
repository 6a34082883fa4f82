// What a glance must catch while a model writes: the first thing to say and the key phrases, without scrolling, on the smallest phone and on a
// laptop; and what of the answer nothing supports, for the eye, the keyboard and a screen reader. The pictures go where look.test.ts puts them.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, expectFits, openPage } from '../support/page';
import { startProvider, type Provider } from '../support/provider';
import { startServer, type Server } from '../support/server';

const SCREENS = process.env.SCREENS ?? 'test-results/screens';
const SIZES = [
  { width: 360, height: 640 },
  { width: 1280, height: 720 },
];
const CONTEXT = [
  '- I led the migration of the ledger to PostgreSQL: 2,000 million rows moved with 11 minutes of downtime. The team was 9 engineers in 3 offices, and we rehearsed it 14 times. Nobody was called at night, and the bill fell by 40 percent.',
  '- Cut the nightly close from four hours to 35 minutes by splitting the biggest table by month.',
  '- Taught six product teams to read query plans, so that reviews fell from 9 days to 2.',
].join('\n\n');
const QUESTION =
  'Could you tell me about a difficult migration of a large database that you led, how you prepared your team and the teams around it for what could go wrong, and what came of it in the end?';

describe('what is read at a glance', () => {
  let provider: Provider;
  let server: Server;
  let browser: Browser;
  let token = '';

  async function post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'Content-Type': 'application/json', Origin: server.url, ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${server.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
    return (await answer.json()) as T;
  }

  beforeAll(async () => {
    await mkdir(SCREENS, { recursive: true });
    provider = await startProvider('invents-300');
    server = await startServer({ env: provider.env });
    browser = await startBrowser();
    token = (await post<{ accessToken: string }>('/auth/local', {})).accessToken;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    provider?.stop();
  });

  /** The line to say and so many key phrases, whole, without anybody scrolling. */
  async function expectInSight(page: Page, count: number) {
    const room = (await page.getByLabel('Question and answer').boundingBox())!;
    const size = JSON.stringify(page.viewportSize());
    for (const part of [page.getByLabel('Say first').locator('p'), page.getByLabel('Key phrases').getByRole('listitem').nth(count - 1)]) {
      const box = (await part.boundingBox())!;
      expect(box.y, `${size}: not above the room it is shown in`).toBeGreaterThanOrEqual(room.y);
      expect(box.y + box.height, `${size}: not below it`).toBeLessThanOrEqual(room.y + room.height);
    }
  }

  const dotted = (page: Page) => page.getByLabel('Answer', { exact: true }).getByRole('button');
  const words = async (page: Page) => (await dotted(page).allInnerTexts()).map((text) => text.split(/[\s(]/)[0]);

  for (const size of SIZES)
    it(`stands on the screen while the answer streams, at ${size.width} × ${size.height}`, async () => {
      const profile = await post<{ id: string }>('/profiles', { name: 'Ada', role: 'Platform engineer', yearsExperience: 8, skills: ['PostgreSQL'], industry: 'Payments', context: CONTEXT });
      const session = (await post<{ id: string }>('/sessions', { profileId: profile.id })).id;
      for (const question of ['Why do you want to work here, of all the places that you could have chosen?', 'What is a mutex, and when would you rather not use one?'])
        await post('/llm/generate', { sessionId: session, question, provider: 'outline' }); // what was said before takes its room above
      const { page, troubles, close } = await openPage(browser, { viewport: size });
      const picture = (name: string) => page.screenshot({ path: join(SCREENS, `${name}-${size.width}.png`) });
      await page.goto(`${server.url}/interview/${session}/`);
      await page.getByText('2 of 2').waitFor();
      await page.getByLabel('Type a question').fill(QUESTION);
      await page.keyboard.press('Enter');

      await dotted(page).first().waitFor();
      const sayFirst = page.getByLabel('Say first');
      expect((await sayFirst.locator('p').innerText()).split(/\s+/).length).toBeLessThanOrEqual(12);
      const keys = page.getByLabel('Key phrases').getByRole('listitem');
      expect(await keys.count()).toBe(3);
      expect((await page.getByLabel('Key phrases').locator('strong').allInnerTexts()).join(' ')).toMatch(/\d/);
      expect(await page.locator('[data-answer]').getAttribute('data-answer')).toBe('running');
      await picture('prompter-running');
      await expectInSight(page, 3);
      await expectFits(page, 'while it streams');

      await page.locator('[data-answer=stop]').waitFor({ timeout: 30_000 });
      expect(await words(page)).toEqual(['Maya', 'Initech', '37', 'Dana']);
      await dotted(page).nth(1).focus();
      await page.getByText('This employer is not in your profile').last().waitFor();
      await picture('prompter-hint');
      await expectFits(page, 'with a hint');
      await expectAccessible(page, 'with words in doubt');
      expect(await dotted(page).nth(1).evaluate((e) => [getComputedStyle(e).textDecorationStyle, e.textContent])).toEqual([
        'dotted',
        expect.stringMatching(/^Initech \(This employer is not in your profile, the job description or what was said\.\)/),
      ]);

      // another question comes while this answer is read: it waits behind, with the first thing to say, on every screen
      await post('/llm/generate', { sessionId: session, question: 'Why do you want to work here?', provider: 'outline' });
      const strip = page.locator('[data-strip=next]');
      await strip.waitFor();
      expect(await strip.innerText()).toMatch(/^New question: Why do you want to work here\?/);
      for (const other of [...SIZES, { width: 390, height: 844 }, { width: 844, height: 390 }, { width: 640, height: 360 }]) {
        await page.setViewportSize(other);
        await page.getByLabel('Question and answer').evaluate((e) => e.scrollTo({ top: 0 }));
        await expectInSight(page, 2);
        await expectFits(page, `at ${other.width} × ${other.height}`);
        await picture(`prompter-${other.width}x${other.height}`);
      }
      await expectAccessible(page, 'with a question that waits');
      await page.setViewportSize(size);
      expect(await page.getByRole('heading', { level: 2, name: QUESTION }).count()).toBe(1);
      await page.locator('body').press(']');
      await page.getByRole('heading', { level: 2, name: 'Why do you want to work here?' }).waitFor();
      expect(await strip.count()).toBe(0);
      await page.locator('body').press('[');

      await page.reload(); // what is kept shows the same
      await page.getByText('4 of 4').waitFor();
      await page.locator('body').press('[');
      await page.locator('[data-answer=stop]').waitFor();
      expect(await words(page)).toEqual(['Maya', 'Initech', '37', 'Dana']);
      expect(await page.getByLabel('Key phrases').getByRole('listitem').count()).toBeGreaterThan(0);
      await page.goto(`${server.url}/interview/${session}/review/`);
      await dotted(page).first().waitFor();
      expect(await words(page)).toEqual(['Maya', 'Initech', '37', 'Dana']);
      await expectFits(page, 'on the page of the session');
      await expectAccessible(page, 'on the page of the session');
      expect(troubles).toEqual([]);
      await close();
    });
});
