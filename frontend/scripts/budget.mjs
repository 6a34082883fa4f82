// What the first page costs: every script that out/index.html loads, gzipped, against the budget.
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const LIMIT = 180_000; // [bytes] gzipped

/** The scripts of one exported page as a modern browser loads them (`nomodule` ones are for browsers without modules). */
export async function pageScripts(page = 'index.html') {
  const html = await readFile(new URL(`../out/${page}`, import.meta.url), 'utf8');
  const found = new Set();
  for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) {
    const src = /\bsrc="(\/_next\/[^"?]+\.js)/.exec(tag)?.[1];
    if (src && !/\bnomodule\b/i.test(tag)) found.add(src);
  }
  for (const [, src] of html.matchAll(/<link rel="(?:modulepreload|preload)"[^>]*href="(\/_next\/[^"?]+\.js)/g)) found.add(src);
  return [...found];
}

export async function firstPageBudget(page = 'index.html') {
  let bytes = 0;
  for (const src of await pageScripts(page)) bytes += gzipSync(await readFile(new URL(`../out${src}`, import.meta.url)), { level: 9 }).length;
  return { bytes, limit: LIMIT };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const page of ['index.html', 'login/index.html', 'interview/index.html', 'interview/placeholder/index.html', 'profiles/index.html']) {
    const { bytes } = await firstPageBudget(page);
    console.log(`${page.padEnd(36)} ${(bytes / 1000).toFixed(1).padStart(7)} kB`);
  }
}
