// Lighthouse on the first page as interviewd serves it: prints the scores, writes the report, fails below 95 for performance.
//
//     npm run lighthouse [-- http://127.0.0.1:8080/]      without an address: backend/build/interviewd on a free port
import { mkdir, writeFile } from 'node:fs/promises';
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';
import { CHROMIUM } from '../test/support/browser.mjs';
import { startServer } from '../test/support/server.ts';

const LEAST = 0.95;
const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const given = process.argv[2];
const server = given ? null : await startServer();
const chrome = await launch({ chromePath: CHROMIUM, chromeFlags: FLAGS });
let performance = 0;
try {
  const { lhr, report } = await lighthouse(given ?? `${server.url}/`, { port: chrome.port, output: 'html', logLevel: 'error' });
  for (const { title, score } of Object.values(lhr.categories)) console.log(`${title.padEnd(16)} ${score}`);
  for (const id of ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift', 'total-byte-weight'])
    console.log(`${lhr.audits[id].title.padEnd(28)} ${lhr.audits[id].displayValue}`);
  for (const audit of Object.values(lhr.audits))
    if (audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode === 'binary') console.log(`not perfect: ${audit.title}`);
  await mkdir('test-results', { recursive: true });
  await writeFile('test-results/lighthouse.html', report);
  performance = lhr.categories.performance.score;
} finally {
  chrome.kill();
  await server?.stop();
}
process.exit(performance >= LEAST ? 0 : 1);
