// Passkeys in Chromium, with its virtual authenticator, against the real server: added in the settings, used at signing in, refused and removed.
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.mjs';
import { expectAccessible, openPage, type Watched } from '../support/page';
import { startServer, type Server } from '../support/server';

const PASSWORD = 'correct horse battery';

describe('passkeys', () => {
  let server: Server;
  let browser: Browser;
  let watched: Watched;
  let devices: CDPSession;
  let device: string;
  let url: string;

  beforeAll(async () => {
    server = await startServer({ accounts: true });
    url = server.url.replace('127.0.0.1', 'localhost');
    browser = await startBrowser();
    watched = await openPage(browser);
    devices = await watched.page.context().newCDPSession(watched.page);
    await devices.send('WebAuthn.enable');
    device = await plugIn();
    await watched.page.goto(`${url}/signup/`);
    await watched.page.getByLabel('Your name').fill('Ada');
    await watched.page.getByLabel('E-mail').fill('ada@example.com');
    await watched.page.getByLabel('Password').fill(PASSWORD);
    await watched.page.getByRole('button', { name: 'Make the account' }).click();
    await watched.page.getByText('No interviews yet').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** A phone that says yes by itself. */
  async function plugIn(): Promise<string> {
    const { authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return authenticatorId;
  }

  const willing = (enabled: boolean) => devices.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: device, enabled });
  const verified = (isUserVerified: boolean) => devices.send('WebAuthn.setUserVerified', { authenticatorId: device, isUserVerified });

  async function add(name: string) {
    const { page } = watched;
    await page.goto(`${url}/settings/`);
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByLabel('What do you call it?').fill(name);
    await page.getByRole('button', { name: 'Go on' }).click();
  }

  async function signOut() {
    await willing(false); // or what is offered on the login page would sign in at once
    await watched.page.goto(`${url}/settings/`);
    await watched.page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await watched.page.waitForURL('**/login/**');
  }

  const signedIn = () => watched.page.waitForURL((at) => !at.pathname.startsWith('/login'), { timeout: 15_000 });

  it('adds one in the settings', async () => {
    const { page } = watched;
    await add('My phone');
    await page.getByText('The passkey is added.').waitFor();
    await page.getByText('not used yet').waitFor();
    await expectAccessible(page, 'settings with a passkey');
    const { credentials } = await devices.send('WebAuthn.getCredentials', { authenticatorId: device });
    expect(credentials).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }]);
  });

  it('makes no second one for the same device', async () => {
    await add('My phone again');
    await watched.page.getByText('This device has a passkey for your account already.').waitFor();
    await watched.page.getByRole('button', { name: 'Cancel' }).click();
  });

  it('signs in with it, without an address', async () => {
    const { page } = watched;
    await signOut();
    await expectAccessible(page, 'login with a passkey');
    expect(await page.getByLabel('E-mail').getAttribute('autocomplete')).toBe('username webauthn');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
    await willing(true);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await signedIn();
    await page.goto(`${url}/settings/`);
    await page.getByText(/^last used .*, added/).waitFor();
  });

  it('says so when it is refused by the person', async () => {
    const { page } = watched;
    await signOut();
    await verified(false);
    await willing(true);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('It was cancelled, or took too long.').waitFor();
    await verified(true);
  });

  it('is offered where the browser can do that', async () => {
    const { page } = watched;
    await page.goto(`${url}/login/`);
    await signedIn(); // the virtual device takes what is offered
  });

  it('is renamed and removed, and signs nobody in any more', async () => {
    const { page } = watched;
    await page.goto(`${url}/settings/`);
    await page.getByRole('button', { name: 'Rename My phone' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Old phone');
    await page.getByRole('button', { name: 'Rename', exact: true }).click();
    await page.getByRole('button', { name: 'Remove Old phone' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Nobody signs in with it any more.').waitFor();
    await signOut();
    await willing(true);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('This passkey is not known here (any more)').first().waitFor();
  });

  it('says what is missing under an address without a name', async () => {
    const { page } = watched;
    await page.goto(`${server.url}/login/`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('Browsers have passkeys for names, not for addresses').waitFor();
  });

  it('broke nothing on the way', () => {
    expect(watched.troubles.filter((line) => !/status of (401|403|422)/.test(line))).toEqual([]);
  });
});
