// Whether the live screen of a long interview scrolls, and what it holds in memory: 600 pairs and 19,400 lines between them.
//
//     npm run live-speed [-- PAIRS LINES]       on the built page and backend/build/interviewd
import { startBrowser } from '../test/support/browser.mjs';
import { startServer } from '../test/support/server.ts';
import { importSession, longSession } from './long-session.mjs';

const [pairs = '600', lines = '32'] = process.argv.slice(2);
const server = await startServer();
const { id } = await importSession(server.url, longSession(Number(pairs), Number(lines), 'active'));
const browser = await startBrowser({});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const begun = Date.now();
await page.goto(`${server.url}/interview/${id}/`);
const list = page.getByRole('region', { name: 'What was said' });
await list.locator('li').first().waitFor();
console.log(`first lines after ${Date.now() - begun} ms`);
const all = Number(pairs) * (Number(lines) + 1);
await page.waitForFunction((n) => document.querySelector('[aria-label="What was said"] li')?.getAttribute('aria-setsize') === String(n), all, { timeout: 120_000 });
console.log(`all ${all} lines after ${Date.now() - begun} ms`);
await page.waitForTimeout(1500);
console.log(`elements in the page: ${await page.evaluate(() => document.querySelectorAll('*').length)}`);
const frames = await page.evaluate(async () => {
  const box = document.querySelector('[aria-label="What was said"]');
  const gaps = [];
  let last = performance.now();
  const end = last + 4000;
  while (last < end) {
    box.scrollTop -= 60; // 3600 px a second: as a wheel is turned in earnest
    const now = await new Promise((done) => requestAnimationFrame(done));
    gaps.push(now - last);
    last = now;
  }
  gaps.sort((a, b) => a - b);
  return { fps: (gaps.length / gaps.reduce((a, b) => a + b)) * 1000, median: gaps[gaps.length >> 1], p95: gaps[Math.floor(gaps.length * 0.95)], worst: gaps.at(-1), dropped: gaps.filter((gap) => gap > 25).length };
});
console.log(`while it is scrolled: ${frames.fps.toFixed(0)} frames/s, median ${frames.median.toFixed(1)} ms, p95 ${frames.p95.toFixed(1)}, worst ${frames.worst.toFixed(0)}; ${frames.dropped} frames late by more than half a frame`);
const devtools = await page.context().newCDPSession(page);
await devtools.send('HeapProfiler.collectGarbage');
const { usedSize } = await devtools.send('Runtime.getHeapUsage');
console.log(`JavaScript heap: ${(usedSize / 1e6).toFixed(1)} MB`);
await browser.close();
await server.stop();
