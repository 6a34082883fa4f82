// With accounts on: signing up, in and out, and that one person's sessions are nobody else's.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { startMailbox, type Mailbox } from '../support/mailbox';
import { expectAccessible, openPage, type Watched } from '../support/page';
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
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
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

  it('takes a photo, made small in the browser, and shows it', async () => {
    const { page } = watched;
    await page.goto(`${server.url}/settings/`);
    const red = 'iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAIAAADwyuo0AAAAEElEQVR4nGP4z8AARwzIHABvqgf5gNwAKAAAAABJRU5ErkJggg==';
    await page.getByLabel('Choose a photo').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: Buffer.from(red, 'base64') });
    await page.getByRole('img', { name: 'You', exact: true }).waitFor();
    await page.reload();
    await page.getByRole('img', { name: 'You', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Remove it' }).click();
    await page.getByText('The photo is gone.').waitFor();
    expect(await page.getByRole('img', { name: 'You', exact: true }).count()).toBe(0);
    await page.getByLabel('Choose a photo').setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.getByText('This file is not a picture').waitFor();
  });

  it('saves all of one person\'s data', async () => {
    const { page } = watched;
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save all my data' }).click()]);
    expect(file.suggestedFilename()).toMatch(/^interview-assistant-\d{4}-\d\d-\d\d\.zip$/);
  });

  it('signs another device out', async () => {
    const { page } = watched;
    const other = await openPage(browser);
    await other.page.goto(`${server.url}/login/`);
    await other.page.getByLabel('E-mail').fill('ada@example.com');
    await other.page.getByLabel('Password').fill(PASSWORD);
    await other.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await other.page.waitForURL(`${server.url}/`);
    await page.reload();
    await page.getByText('This one').waitFor();
    await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await page.getByText('Signed out everywhere else.').waitFor();
    await page.getByRole('button', { name: 'Sign out everywhere else' }).waitFor({ state: 'detached' });
    await other.page.goto(`${server.url}/settings/`);
    await other.page.waitForURL('**/login/**');
    await other.close();
  });

  it('changes the password, and says why one is too easy', async () => {
    const { page } = watched;
    await page.getByLabel('Password now').fill(PASSWORD);
    await page.getByLabel('New password').fill('password123');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('one of the passwords that are tried first').waitFor();
    await page.getByLabel('New password').fill(`${PASSWORD} two`);
    await page.getByLabel('Password now').fill('not the password');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('That is not your password.').waitFor();
    await page.getByLabel('Password now').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('The password is changed').waitFor();
    await expectAccessible(page, 'settings with an account');
  });

  it('says what to do without a mail server, and that a link is not whole', async () => {
    const other = await openPage(browser);
    await other.page.goto(`${server.url}/login/`);
    await other.page.getByRole('link', { name: 'Forgot your password?' }).click();
    await other.page.getByRole('heading', { name: 'Forgot your password?' }).waitFor(); // the page before has such a field, too
    await other.page.getByLabel('E-mail').fill('ada@example.com');
    await other.page.getByRole('button', { name: 'Send me a link' }).click();
    await other.page.getByText('This server sends no mail.').waitFor();
    await other.page.goto(`${server.url}/reset/`);
    await other.page.getByText('lacks what belongs behind').waitFor();
    await other.page.goto(`${server.url}/reset/?again#rp_${'A'.repeat(43)}`);
    await other.page.getByLabel('New password').fill(`${PASSWORD} three`);
    await other.page.getByRole('button', { name: 'Set the password' }).click();
    await other.page.getByText('This link does not work any more').waitFor();
    expect(other.page.url()).not.toContain('rp_');
    await expectAccessible(other.page, 'reset');
    await other.close();
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

describe.skipIf(process.env.WEB_TEST_STANDIN)('accounts by mail', () => {
  let mailbox: Mailbox;
  let server: Server;
  let browser: Browser;
  let watched: Watched;

  beforeAll(async () => {
    mailbox = await startMailbox();
    server = await startServer({
      accounts: true,
      env: { INTERVIEWD_SIGN_UPS: 'mail', INTERVIEWD_SMTP_URL: mailbox.url, INTERVIEWD_SMTP_FROM: 'interview@example.com' },
    });
    browser = await startBrowser();
    watched = await openPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await mailbox?.stop();
  });

  async function ask(email: string): Promise<string> {
    const { page } = watched;
    await page.goto(`${server.url}/signup/?${Math.random()}`);
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('button', { name: 'Send me a link' }).click();
    await page.getByText(`A mail is on its way to ${email}`).waitFor();
    return mailbox.next();
  }

  it('makes an account by the link of a mail, once', async () => {
    const { page } = watched;
    const mail = await ask('ada@example.com');
    const token = /\/signup\/#(su_\S+)/.exec(mail)?.[1];
    expect(mail).toContain('To: <ada@example.com>');
    await page.goto(`${server.url}/signup/?link#${token}`);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByText('What should we call you?').waitFor();
    await expectAccessible(page, 'the link of a sign-up');
    expect(page.url()).not.toContain('su_');
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByText('No interviews yet').waitFor();

    const other = await openPage(browser);
    await other.page.goto(`${server.url}/signup/#${token}`);
    await other.page.getByLabel('Your name').fill('Eve');
    await other.page.getByLabel('Password').fill(PASSWORD);
    await other.page.getByRole('button', { name: 'Make the account' }).click();
    await other.page.getByText('There is an account with this address by now').waitFor();
    await other.page.getByRole('button', { name: 'Ask for another link' }).click();
    await other.page.getByLabel('E-mail').waitFor();
    await other.close();
  });

  it('says the same to who asks for an address that has an account, and its owner hears of it', async () => {
    const stranger = await openPage(browser);
    watched = stranger;
    const mail = await ask('ada@example.com');
    expect(mail).toContain('You have one. Sign in:');
    expect(mail).not.toContain('su_');
    await expectAccessible(stranger.page, 'a sign-up by mail');
    await stranger.close();
  });
});
