// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Passkeys } from '@/components/account/Passkeys';
import { api, ApiError } from '@/lib/api-client';
import { addPasskey, passkeyAnswer, passkeysMissing, passkeyTrouble } from '@/lib/passkeys';
import { forget } from '@/lib/query';

const creation = {
  rp: { id: 'localhost', name: 'Interview Assistant' },
  user: { id: 'dTE', name: 'ada@example.com', displayName: 'Ada' },
  challenge: '-_8',
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  excludeCredentials: [{ type: 'public-key', id: '_w', transports: ['usb'] }],
  attestation: 'none',
};
const kept = { id: 'p1', name: 'My phone', site: 'localhost', synced: false, transports: [], createdAt: '2026-01-01T00:00:00Z', lastUsedAt: null };
const buffer = (...bytes: number[]) => Uint8Array.from(bytes).buffer;
const credentials = { create: vi.fn(), get: vi.fn() };

beforeEach(() => {
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('PublicKeyCredential', class {});
  vi.stubGlobal('navigator', Object.assign(Object.create(navigator) as Navigator, { credentials }));
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
  credentials.create.mockReset().mockResolvedValue({ response: { clientDataJSON: buffer(251, 255), attestationObject: buffer(1), getTransports: () => ['usb'] } });
  vi.spyOn(api, 'get').mockResolvedValue({ items: [kept] });
});
afterEach(() => {
  cleanup();
  forget('');
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('a passkey', () => {
  it('is made of what the server asks for, and sent back as base64url', async () => {
    const post = vi.spyOn(api, 'post').mockResolvedValueOnce(creation).mockResolvedValueOnce(kept);
    await addPasskey('My phone');
    const { publicKey } = credentials.create.mock.calls[0]?.[0] as CredentialCreationOptions;
    expect(new Uint8Array(publicKey?.challenge as ArrayBuffer)).toEqual(Uint8Array.of(251, 255));
    expect(new Uint8Array(publicKey?.user.id as ArrayBuffer)).toEqual(Uint8Array.of(117, 49));
    expect(new Uint8Array(publicKey?.excludeCredentials?.[0]?.id as ArrayBuffer)).toEqual(Uint8Array.of(255));
    expect(post).toHaveBeenLastCalledWith('/auth/passkeys', { name: 'My phone', clientDataJSON: '-_8', attestationObject: 'AQ', transports: ['usb'] });
  });

  it('answers a challenge with whose it is', async () => {
    vi.spyOn(api, 'open').mockResolvedValue({ rpId: 'localhost', challenge: '-_8', timeout: 1, allowCredentials: [], userVerification: 'required' });
    credentials.get.mockResolvedValue({
      id: 'abc',
      response: { clientDataJSON: buffer(1), authenticatorData: buffer(2), signature: buffer(3), userHandle: buffer(117, 49) },
    });
    const { signal } = new AbortController();
    expect(await passkeyAnswer({ signal, offered: true })).toEqual({ id: 'abc', clientDataJSON: 'AQ', authenticatorData: 'Ag', signature: 'Aw', userHandle: 'dTE' });
    expect(credentials.get.mock.calls[0]?.[0]).toMatchObject({ mediation: 'conditional', signal });
  });

  it('is told in a person\'s words when it does not work', () => {
    expect(passkeyTrouble(new DOMException('x', 'NotAllowedError'))).toMatch(/cancelled/);
    expect(passkeyTrouble(new DOMException('x', 'SecurityError'))).toMatch(/HTTPS/);
    expect(passkeyTrouble(new DOMException('x', 'DataError'))).toMatch(/could not use/);
    expect(passkeyTrouble(new DOMException('x', 'AbortError'))).toBeNull();
    expect(passkeyTrouble(new ApiError(422, 'invalid_fields', '1 field is not right.', { '/attestationObject': 'A PIN is needed.' }))).toBe('A PIN is needed.');
  });

  it('is not for pages without HTTPS, nor for every browser', () => {
    vi.stubGlobal('PublicKeyCredential', undefined);
    expect(passkeysMissing()).toBe('This browser has no passkeys.');
    vi.stubGlobal('isSecureContext', false);
    expect(passkeysMissing()).toMatch(/HTTPS/);
  });
});

describe('the passkeys of an account', () => {
  it('are added with the password where the sign-in is a while ago', async () => {
    const user = userEvent.setup();
    const post = vi
      .spyOn(api, 'post')
      .mockRejectedValueOnce(new ApiError(403, 'password_needed', 'Type your password once more for that.'))
      .mockRejectedValueOnce(new ApiError(401, 'invalid_credentials', 'That is not the password.'))
      .mockResolvedValueOnce(creation)
      .mockResolvedValueOnce(kept);
    render(<Passkeys />);
    await user.click(await screen.findByRole('button', { name: 'Add a passkey' }));
    await user.click(screen.getByRole('button', { name: 'Go on' }));
    await screen.findByText('A name that you will know it by.');
    await user.type(screen.getByLabelText('What do you call it?'), 'My phone');
    await user.click(screen.getByRole('button', { name: 'Go on' }));
    await user.type(await screen.findByLabelText('Your password'), 'a guess');
    await user.click(screen.getByRole('button', { name: 'Go on' }));
    await screen.findByText('That is not your password.');
    await user.click(screen.getByRole('button', { name: 'Go on' }));
    await vi.waitFor(() => expect(post).toHaveBeenCalledTimes(4));
    expect(post.mock.calls[2]).toEqual(['/auth/passkeys/options', { password: 'a guess' }]);
    expect(post.mock.calls[3]?.[1]).toMatchObject({ name: 'My phone' });
  });
});
