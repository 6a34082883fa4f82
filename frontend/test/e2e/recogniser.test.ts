// Whoever runs the server tries a transcription service in the settings, has it hear, and goes back: on the real server.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, expectFits, openPage } from '../support/page';
import { startServer, type Server } from '../support/server';

const SCREENS = process.env.SCREENS ?? 'test-results/screens';

describe('who listens, in the settings', () => {
  let service: ChildProcess;
  let url: string;
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    await mkdir(SCREENS, { recursive: true });
    service = spawn('python3', ['../backend/test/support/transcriptions_server.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(service.stdout!, 'data')) as [Buffer];
    url = `http://127.0.0.1:${line.toString().trim()}/v1`;
    server = await startServer({ env: { INTERVIEWD_ASR_ENGINE: 'pocketsphinx', INTERVIEWD_ASR_PRELOAD: 'off' } });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    service?.stdin?.end();
  });

  it('is a service that was tried, and given up again', async () => {
    const { page, troubles, close } = await openPage(browser);
    await page.goto(`${server.url}/settings`);
    const card = page.locator('#recogniser');
    await card.getByText('Heard with PocketSphinx').waitFor();
    await expectAccessible(page, 'who listens');
    await card.getByRole('button', { name: 'Test it' }).click();
    await card.getByText(/It heard \d of 9 words/).waitFor({ timeout: 60_000 });
    await card.getByRole('button', { name: 'Set up the transcription service' }).click();
    const form = card.getByRole('form', { name: 'A transcription service' });
    await form.getByLabel('Address of the service').fill(url);
    await form.getByLabel('Key of the service').fill('wrong');
    await form.getByRole('button', { name: 'Test the service' }).click();
    await form.getByText('The transcription service refused the key').waitFor();
    await form.getByLabel('Key of the service').fill('sk-0123456789-wxyz');
    await form.getByLabel('Model of the service').fill('one-sentence');
    await form.getByRole('button', { name: 'Test the service' }).click();
    await form.getByText('It heard 9 of 9 words').waitFor();
    await expectAccessible(page, 'a service that was tried');
    for (const [width, height] of [[390, 844], [820, 1180], [1440, 900]] as const) {
      await page.setViewportSize({ width, height });
      await expectFits(page, `who listens at ${width}`);
      await card.screenshot({ path: join(SCREENS, `who-listens-${width}.png`) });
    }
    await form.getByRole('button', { name: 'Hear with it' }).click();
    await card.getByText('Heard with a transcription service').waitFor();
    await card.getByText(`${url} · one-sentence · key …wxyz`).waitFor();
    expect(await page.content()).not.toContain('sk-0123456789');
    await page.reload();
    await card.getByText(`${url} · one-sentence · key …wxyz`).waitFor();
    await card.getByRole('button', { name: 'As the server is set up' }).click();
    await card.getByText('Heard with PocketSphinx').waitFor();
    expect(troubles).toEqual([]);
    await close();
  });
});
