// Generates types/api.ts from docs/api/openapi.yaml. `--check` only says whether the file in the tree is the one that would be made.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../../docs/api/openapi.yaml', import.meta.url);
const target = new URL('../types/api.ts', import.meta.url);

export async function generateTypes() {
  const ast = await openapiTS(source, { alphabetize: false });
  return `// Generated from docs/api/openapi.yaml by "npm run types". Do not edit.\n/* eslint-disable */\n${astToString(ast)}`;
}

export async function writeTypes() {
  const text = await generateTypes();
  const before = await readFile(target, 'utf8').catch(() => '');
  if (before !== text) await writeFile(target, text);
  return before !== text;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  if (process.argv.includes('--check')) {
    const same = (await readFile(target, 'utf8').catch(() => '')) === (await generateTypes());
    console.log(same ? 'types/api.ts is up to date' : 'types/api.ts is stale: run "npm run types"');
    process.exit(same ? 0 : 1);
  }
  console.log((await writeTypes()) ? 'types/api.ts written' : 'types/api.ts is up to date');
}
