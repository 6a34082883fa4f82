// Builds the page into out/: types, worklet, example profiles, the reader of PDFs, next build, the API's pages, and a .gz beside every asset that shrinks.
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildApiDocs } from './api-docs.mjs';
import { firstPageBudget } from './budget.mjs';
import { writeTypes } from './types.mjs';
import { buildWorklet } from './worklet.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const COMPRESSED = new Set(['.html', '.js', '.css', '.txt', '.json', '.svg', '.xml', '.webmanifest', '.map']);
const SMALLEST = 256; // below this the header of an answer weighs more than what gzip saves [bytes]

/** The profiles anybody can load are ordinary files of the repository; the page carries a copy and a list of them. */
async function copyExamples() {
  const from = join(root, '..', 'profiles');
  const to = join(root, 'public', 'examples');
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  const names = (await readdir(from)).filter((name) => name.endsWith('.json')).sort();
  const all = [];
  for (const name of names) {
    await cp(join(from, name), join(to, name));
    all.push(JSON.parse(await readFile(join(from, name), 'utf8')));
  }
  await writeFile(join(to, 'index.json'), JSON.stringify(all));
}

/** What pdf.js reads a PDF with, loaded when somebody drops one: its worker, and how old Chinese, Japanese and Korean fonts number their signs. */
async function copyPdfReader() {
  const from = join(root, 'node_modules', 'pdfjs-dist');
  const to = join(root, 'public', 'pdf');
  await rm(to, { recursive: true, force: true });
  await cp(join(from, 'cmaps'), join(to, 'cmaps'), { recursive: true });
  await cp(join(from, 'legacy', 'build', 'pdf.worker.min.mjs'), join(to, 'worker.js'));
  await cp(join(from, 'LICENSE'), join(to, 'LICENSE.txt'));
}

async function* walk(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}

/**
 * Tells V8 to compile a script whole while it arrives, away from the main thread (explicit compile hints, Chromium 136 on; others see a
 * comment). What the page loads it also runs: compiled at first call, it blocked the first page for half of its time to react.
 */
async function hintCompilation(folder) {
  for await (const path of walk(folder)) {
    if (extname(path) !== '.js') continue;
    const plain = await readFile(path, 'utf8');
    await writeFile(path, `//# allFunctionsCalledOnLoad\n${plain}`);
  }
}

async function precompress(folder) {
  let count = 0;
  for await (const path of walk(folder)) {
    if (!COMPRESSED.has(extname(path))) continue;
    const plain = await readFile(path);
    if (plain.length < SMALLEST) continue;
    const packed = gzipSync(plain, { level: 9 });
    if (packed.length >= plain.length) continue;
    await writeFile(`${path}.gz`, packed);
    count += 1;
  }
  return count;
}

await writeTypes();
await buildWorklet();
await copyExamples();
await copyPdfReader();
await rm(join(root, 'out'), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [join(root, 'node_modules/next/dist/bin/next'), 'build'], { stdio: 'inherit', cwd: root });
if (status !== 0) process.exit(status ?? 1);
await hintCompilation(join(root, 'out', '_next', 'static', 'chunks'));
await buildApiDocs(root);
console.log(`${await precompress(join(root, 'out'))} files compressed`);
const { bytes, limit } = await firstPageBudget();
console.log(`JavaScript of the first page: ${(bytes / 1000).toFixed(1)} kB gzipped (at most ${limit / 1000})`);
if (bytes > limit) process.exit(1);
