// Every page at three widths, light and dark: accessible by axe, nothing sticks out, no console error. The pictures go to
// test-results/screens (or $SCREENS) for somebody to look at.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, expectFits, openPage } from '../support/page';
import { startServer, type Server } from '../support/server';

const SCREENS = process.env.SCREENS ?? 'test-results/screens';
const SIZES = [
  { width: 390, height: 844 },
  { width: 820, height: 1180 },
  { width: 1440, height: 900 },
];

describe('how the pages look', () => {
  let server: Server;
  let browser: Browser;
  let session = '';

  async function post<T>(path: string, body: unknown, token?: string): Promise<T> {
    const headers = { 'Content-Type': 'application/json', Origin: server.url, ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${server.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
    return (await answer.json()) as T;
  }

  beforeAll(async () => {
    await mkdir(SCREENS, { recursive: true });
    server = await startServer();
    browser = await startBrowser();
    const { accessToken } = await post<{ accessToken: string }>('/auth/local', {});
    const profile = await post<{ id: string }>('/profiles', JSON.parse(await readFile('../profiles/platform-engineer.json', 'utf8')), accessToken);
    const job = 'Staff engineer, ledger platform\nPostgreSQL at scale, incident response, mentoring.';
    session = (await post<{ id: string }>('/sessions', { profileId: profile.id, jobDescription: job }, accessToken)).id;
    const { page, close } = await openPage(browser);
    await page.goto(`${server.url}/interview/${session}/`);
    await page.getByLabel('Type a question').fill('Tell me about a time something you led went wrong.');
    await page.keyboard.press('Enter');
    await page.locator('[data-answer=stop]').waitFor({ timeout: 30_000 });
    await close();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const pages: [string, () => string, string][] = [
    ['home', () => '/', 'h2:has-text("Recent sessions") >> xpath=../.. >> a'],
    ['set-up', () => '/interview/', 'select'],
    ['live', () => `/interview/${session}/`, '[data-answer]'],
    ['session', () => `/interview/${session}/review/`, 'ol h2'],
    ['history', () => '/history/', 'main li a'],
    ['profiles', () => '/profiles/', 'main section h2'],
    ['settings', () => '/settings/', '#providers'],
    ['not-found', () => '/no/such/page/', 'h1'],
  ];

  for (const size of SIZES)
    for (const colorScheme of ['light', 'dark'] as const)
      it(`${size.width} px, ${colorScheme}`, async () => {
        const { page, troubles, close } = await openPage(browser, { viewport: size, colorScheme, reducedMotion: 'reduce' });
        for (const [name, path, settled] of pages) {
          const what = `${name} at ${size.width} px, ${colorScheme}`;
          await page.goto(server.url + path());
          await page.locator(settled).first().waitFor({ state: 'attached' });
          await page.evaluate('document.fonts.ready');
          await page.screenshot({ path: join(SCREENS, `${name}-${size.width}-${colorScheme}.png`) });
          await expectFits(page, what);
          await expectAccessible(page, what);
          if (name === 'not-found') troubles.length = 0; // the browser reports the 404 itself
          expect(troubles, what).toEqual([]);
        }
        await close();
      });

  it('the dialogs are accessible too', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(`${server.url}/interview/${session}/review/`);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expectAccessible(page, 'save');
    await page.keyboard.press('Escape');
    await page.goto(`${server.url}/profiles/`);
    await page.getByRole('button', { name: /^Edit/ }).first().click();
    await expectAccessible(page, 'editor');
    await close();
  });

  it('login and signup are accessible', async () => {
    const { page, close } = await openPage(browser);
    await page.route('**/api/v1/health', (route) => route.fulfill({ json: { status: 'ok', version: '0', accounts: 'on' } }));
    for (const path of ['/login/', '/signup/']) {
      await page.goto(server.url + path);
      await page.getByLabel('E-mail').waitFor();
      await page.screenshot({ path: join(SCREENS, `${path.replaceAll('/', '')}.png`) });
      await expectAccessible(page, path);
    }
    await close();
  });
});
