/** A browser page that remembers what went wrong in it, and the checks that every page must pass. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Watched {
  page: Page;
  /** Console errors and uncaught exceptions so far; a test that expects some takes them out. */
  troubles: string[];
  close(): Promise<void>;
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ permissions: ['microphone'], acceptDownloads: true, ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
  page.on('pageerror', (error) => troubles.push(error.message));
  return { page, troubles, close: () => context.close() };
}

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** No violation of WCAG 2.1 A and AA that axe can see. Without motion: what fades in meanwhile has no contrast yet. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  const still = await page.evaluate(`matchMedia('(prefers-reduced-motion: reduce)').matches`);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.evaluate(AXE);
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then((r) => r.violations)`,
  )) as Violation[];
  await page.emulateMedia({ reducedMotion: still ? 'reduce' : null });
  const told = found.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary.split('\n')[1]?.trim()}`));
  expect(told, what).toEqual([]);
}

/** Nothing sticks out to the right: no sideways scrolling. */
export async function expectFits(page: Page, what: string): Promise<void> {
  const [wide, window] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [number, number];
  expect(wide, `${what}: width of the content`).toBeLessThanOrEqual(window);
}
