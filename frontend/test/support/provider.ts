/** The backend's stand-in for answer providers (backend/test/support/providers.py): what it writes is chosen by the model's name. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Provider {
  /** Settings for a server that asks this provider for everything. */
  env: Record<string, string>;
  stop(): void;
}

export async function startProvider(model: string): Promise<Provider> {
  const child = spawn('python3', ['../backend/test/support/providers.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = /PORT (\d+)/.exec(line.toString())?.[1];
  if (!port) throw new Error(`the stand-in for providers said ${line.toString()}`);
  return {
    env: { OPENAI_API_KEY: 'sk-stand-in', INTERVIEWD_OPENAI_URL: `http://127.0.0.1:${port}/v1`, INTERVIEWD_OPENAI_MODEL: model, INTERVIEWD_PROVIDERS: 'openai' },
    stop: () => child.stdin.end(), // it serves until its input ends
  };
}
