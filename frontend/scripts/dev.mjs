// `next dev` in front of a running interviewd: INTERVIEWD_URL names it (http://127.0.0.1:8080 when not set).
import { spawnSync } from 'node:child_process';
import { writeTypes } from './types.mjs';
import { buildWorklet } from './worklet.mjs';

await writeTypes();
await buildWorklet();
const { status } = spawnSync(process.execPath, ['node_modules/next/dist/bin/next', 'dev', ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
