/**
 * Starts the real interviewd on a free port with a data folder of its own, and stops it.
 *
 * INTERVIEWD_BIN names another binary than backend/build/interviewd. WEB_TEST_STANDIN=1 runs the suite against the stand-in instead, for work on
 * the page alone (what only the real program can show then fails).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { startStandin } from './standin.mjs';

export interface Server {
  url: string;
  stop(): Promise<void>;
}

const BINARY = resolve(process.env.INTERVIEWD_BIN ?? '../backend/build/interviewd');
const START_MS = 30_000;
const STOP_MS = 15_000;
const LOG_MAX = 20_000;

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}

async function ready(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`interviewd ended with ${child.exitCode}:\n${log()}`);
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`interviewd was not ready after ${START_MS / 1000} s:\n${log()}`);
}

/** Only what a person's shell would give: no provider keys, so that the built-in answers. */
function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, ASAN_OPTIONS, UBSAN_OPTIONS } = process.env;
  return { PATH, HOME, LANG, ASAN_OPTIONS, UBSAN_OPTIONS, NODE_ENV: 'test', OLLAMA_HOST: 'http://127.0.0.1:1', INTERVIEWD_FETCH_MODELS: 'off', INTERVIEWD_SIGN_UPS: 'on', ...extra };
}

/** The published file of a small network, as the backend's tests have fetched it; null where it could not be had. */
export function network(file: string): string | null {
  const path = join(resolve(process.env.INTERVIEWD_WEIGHTS ?? '../backend/build/weights'), file);
  return existsSync(path) ? path : null;
}

interface Wishes {
  accounts?: boolean;
  env?: Record<string, string>;
  /** Files that lie among its models. */
  models?: string[];
  /** A certain one, for a server that comes back. */
  port?: number;
}

export async function startServer({ accounts = false, env = {}, models = [], port: wanted }: Wishes = {}): Promise<Server> {
  if (process.env.WEB_TEST_STANDIN) {
    const standin = await startStandin({ accounts });
    return { url: standin.url, stop: async () => standin.close() };
  }
  if (!existsSync(BINARY)) throw new Error(`There is no ${BINARY}: build the backend first (scripts/setup_dev.sh).`);
  if (!existsSync('out/index.html')) throw new Error('There is no out/index.html: run "npm run build" first.');
  const data = await mkdtemp(join(tmpdir(), 'interviewd-web-'));
  await mkdir(join(data, 'models'));
  await Promise.all(models.map((file) => symlink(file, join(data, 'models', basename(file)))));
  const port = wanted ?? (await freePort());
  const child = spawn(BINARY, ['serve', '--listen', `127.0.0.1:${port}`, '--data', data, '--accounts', accounts ? 'on' : 'off'], {
    // A test clicks faster than a person: how many requests a user may make is the server's own tests' matter.
    env: environment({ INTERVIEWD_WEB_ROOT: resolve('out'), INTERVIEWD_REQUESTS_PER_MINUTE: '0', ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const note = (chunk: Buffer) => (log = (log + chunk.toString()).slice(-LOG_MAX));
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    if (child.exitCode === null) await ended;
    clearTimeout(timer);
    await rm(data, { recursive: true, force: true });
  };
  try {
    await ready(url, child, () => log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}
