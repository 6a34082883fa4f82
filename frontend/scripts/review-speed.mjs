// How quickly the page of a long session is there, and whether it scrolls: 300 pairs, and as many lines between them.
//
//     npm run review-speed [-- PAIRS]       on the built page and backend/build/interviewd
import { startBrowser } from '../test/support/browser.mjs';
import { startServer } from '../test/support/server.ts';
import { importSession, longSession } from './long-session.mjs';

const [count = '300'] = process.argv.slice(2);
const server = await startServer();
const base = server.url;
await importSession(base, longSession(Number(count)));
const browser = await startBrowser({});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(`${base}/history/`); // signed in, and the scripts are there, as for whoever comes from the list
await page.getByText('A long day').first().waitFor();
for (let turn = 0; turn < 3; turn += 1) {
  await page.goto(`${base}/history/`);
  await page.getByText('A long day').first().waitFor();
  const took = await page.evaluate(async () => {
    const begun = performance.now();
    [...document.querySelectorAll('a')].find((a) => a.textContent?.includes('A long day'))?.click();
    while (!document.querySelector('[data-at="1"]')) await new Promise((done) => requestAnimationFrame(done));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - begun;
  });
  console.log(`from the click to its first questions: ${Math.round(took)} ms`);
}
await page.waitForTimeout(1500);
console.log(`elements in the page: ${await page.evaluate(() => document.querySelectorAll('*').length)}`);
const frames = await page.evaluate(async () => {
  const gaps = [];
  let last = performance.now();
  const end = last + 4000;
  while (last < end) {
    scrollBy(0, 60); // 3600 px a second: as a wheel is turned in earnest
    const now = await new Promise((done) => requestAnimationFrame(done));
    gaps.push(now - last);
    last = now;
  }
  gaps.sort((a, b) => a - b);
  return { fps: (gaps.length / gaps.reduce((a, b) => a + b)) * 1000, median: gaps[gaps.length >> 1], p95: gaps[Math.floor(gaps.length * 0.95)], worst: gaps.at(-1) };
});
console.log(`while it is scrolled: ${frames.fps.toFixed(0)} frames/s, median ${frames.median.toFixed(1)} ms, p95 ${frames.p95.toFixed(1)}, worst ${frames.worst.toFixed(0)}`);
await browser.close();
await server.stop();
