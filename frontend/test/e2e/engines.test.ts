// A page that stays open notices when a language model comes up, and when it goes.
import { createServer, type Server as HttpServer } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { openPage } from '../support/page';
import { freePort, startServer, type Server } from '../support/server';

const MODEL = 'llama3.2:latest';

/** As much of Ollama as says that it is there: GET /api/tags. */
async function startOllama(port: number): Promise<HttpServer> {
  const ollama = createServer((request, response) => {
    response.writeHead(request.url === '/api/tags' ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ models: [{ name: MODEL, model: MODEL, size: 1 }] }));
  });
  await new Promise<void>((done) => ollama.listen(port, '127.0.0.1', done));
  return ollama;
}

describe('who answers', () => {
  let server: Server;
  let browser: Browser;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    server = await startServer({ env: { INTERVIEWD_PROVIDERS: 'ollama', OLLAMA_HOST: `http://127.0.0.1:${port}` } });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('is told to a page that stays open', async () => {
    const { page, troubles, close } = await openPage(browser);
    await page.goto(server.url);
    const ready = page.locator('ul', { hasText: 'Listening with' });
    await ready.getByText('Ollama cannot answer just now').waitFor();
    const ollama = await startOllama(port);
    await ready.getByText('Answers from Ollama').waitFor({ timeout: 30_000 });
    ollama.closeAllConnections();
    await new Promise((done) => ollama.close(done));
    await ready.getByText('Ollama cannot answer just now').waitFor({ timeout: 30_000 });
    expect(troubles).toEqual([]);
    await close();
  });
});
