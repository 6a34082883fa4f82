// Somebody gives the page a key, tries it, puts who answers into an order, and makes a key for a program: on the real server.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, expectFits, openPage } from '../support/page';
import { startProvider, type Provider } from '../support/provider';
import { startServer, type Server } from '../support/server';

describe('who answers, in the settings', () => {
  let provider: Provider;
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    provider = await startProvider('ok');
    server = await startServer({ env: { ...provider.env, INTERVIEWD_GROQ_URL: provider.env.INTERVIEWD_OPENAI_URL!, INTERVIEWD_GROQ_MODEL: 'ok' } });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    provider?.stop();
  });

  it('takes a key that was tried, keeps it to itself, and asks in the wanted order', async () => {
    const { page, troubles, close } = await openPage(browser);
    await page.goto(`${server.url}/settings`);
    const card = page.locator('#providers');
    await card.getByText('Answers', { exact: true }).waitFor(); // OpenAI, of the server
    await card.getByRole('button', { name: 'Add a key: Groq' }).click();
    const form = card.getByRole('form', { name: 'Groq' });
    await form.getByLabel('Key of Groq').fill('refused-0123456789');
    await form.getByRole('button', { name: 'Test' }).click();
    await form.getByText('Groq refuses the key. Copy it again, whole, or make a new one.').waitFor();
    await expectAccessible(page, 'a key that is refused');
    await form.getByLabel('Key of Groq').fill('gsk-0123456789-wxyz');
    await form.getByRole('button', { name: 'Test' }).click();
    await form.getByText(/It works: first word after/).waitFor();
    await form.getByLabel('Model of Groq').selectOption('endless');
    await form.getByRole('button', { name: 'Save' }).click();
    const rows = card.locator('[data-provider]');
    await rows.first().getByText('endless · your key …wxyz').waitFor();
    expect(await page.content()).not.toContain('gsk-0123456789');
    await expectAccessible(page, 'who answers');
    await expectFits(page, 'who answers');

    await rows.first().getByRole('button', { name: 'Ask Groq later' }).focus();
    await page.keyboard.press('Enter');
    await card.getByText('Groq is asked as number 2 of 2.').waitFor();
    await page.waitForFunction(`document.activeElement?.getAttribute('aria-label') === 'Ask Groq earlier'`); // down is the end
    await page.reload();
    await rows.nth(1).getByText('your key …wxyz').waitFor();
    expect(await rows.evaluateAll((all) => all.map((row) => row.getAttribute('data-provider')))).toEqual(['openai', 'groq']);
    await rows.nth(1).dragTo(rows.first(), { targetPosition: { x: 40, y: 2 } });
    await card.getByText('Groq is asked as number 1 of 2.').waitFor();
    await card.getByRole('button', { name: 'Change Groq' }).click();
    await card.getByRole('button', { name: 'Remove the key' }).click();
    await card.getByRole('button', { name: 'Add a key: Groq' }).waitFor();
    expect(await rows.count()).toBe(1);
    expect(troubles).toEqual([]);
    await close();
  });

  it('makes a key for a program, shows it once, and revokes it', async () => {
    const { page, troubles, close } = await openPage(browser);
    await page.goto(`${server.url}/settings`);
    await page.getByLabel('What the new key is for').fill('Editor');
    await page.getByRole('button', { name: 'Make a key' }).click();
    const key = await page.getByLabel('Key “Editor”').inputValue();
    const ask = () => fetch(`${server.url}/v1/models`, { headers: { Authorization: `Bearer ${key}` } });
    expect((await ask()).status).toBe(200);
    await expectAccessible(page, 'a new key');
    await page.reload();
    await page.getByText(`${key.slice(0, 9)}…, last used`).waitFor();
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: 'Revoke Editor' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await page.getByText('Revoked: nothing signs in with it any more.').waitFor();
    expect((await ask()).status).toBe(401);
    expect(troubles).toEqual([]);
    await close();
  });
});
