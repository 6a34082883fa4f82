// With accounts on: signing up, in and out, and that one person's sessions are nobody else's.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { openPage, type Watched } from '../support/page';
import { startServer, type Server } from '../support/server';

const PASSWORD = 'correct horse battery';

describe('accounts', () => {
  let server: Server;
  let browser: Browser;
  let watched: Watched;

  beforeAll(async () => {
    server = await startServer({ accounts: true });
    browser = await startBrowser();
    watched = await openPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function signIn(password: string) {
    const { page } = watched;
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  it('sends a stranger to the login page, remembering where they wanted to go', async () => {
    const { page } = watched;
    await page.goto(`${server.url}/profiles/`);
    await page.waitForURL('**/login/?next=%2Fprofiles%2F');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('explains what is wrong with a sign-up, beside the fields', async () => {
    const { page } = watched;
    await page.goto(`${server.url}/signup/`);
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByText('What should we call you?').waitFor();
    await page.getByText('At least 10 characters; a few words').waitFor();
    expect(await page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');
    expect(await page.evaluate('document.activeElement.labels[0].textContent'), 'the first field that is wrong has the focus').toBe('Your name');
  });

  it('makes an account and opens the product', async () => {
    const { page } = watched;
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByText('No interviews yet').waitFor();
  });

  it('stays signed in over a reload, by its cookie', async () => {
    const { page } = watched;
    await page.goto(`${server.url}/settings/`);
    await page.getByText('ada@example.com').waitFor();
    await page.reload();
    await page.getByText('ada@example.com').waitFor();
    const cookie = (await page.context().cookies(`${server.url}/api/v1/auth/refresh`)).find((c) => c.name === 'interviewd_refresh');
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  it('signs out', async () => {
    const { page } = watched;
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/login/**');
  });

  it('does not say whether it was the address or the password that was wrong', async () => {
    await signIn('not the password');
    await watched.page.getByText('E-mail or password is not right.').waitFor();
  });

  it('signs in again', async () => {
    await signIn(PASSWORD);
    await watched.page.waitForURL(/\/(settings\/)?$/);
  });

  it('hides the sessions of one person from another', async () => {
    const { page } = watched;
    await page.goto(`${server.url}/interview/`);
    await page.getByRole('button', { name: 'Start the interview' }).click();
    await page.waitForURL(/\/interview\/[^/]+\/$/);
    const theirs = page.url();
    const other = await openPage(browser);
    await other.page.goto(`${server.url}/signup/`);
    await other.page.getByLabel('Your name').fill('Grace');
    await other.page.getByLabel('E-mail').fill('grace@example.com');
    await other.page.getByLabel('Password').fill(PASSWORD);
    await other.page.getByRole('button', { name: 'Make the account' }).click();
    await other.page.getByText('No interviews yet').waitFor();
    await other.page.goto(theirs);
    await other.page.getByRole('heading', { name: 'There is no such session' }).waitFor();
    await other.close();
  });
});
