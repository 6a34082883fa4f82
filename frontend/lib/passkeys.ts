/**
 * Passkeys, as this browser has them (WebAuthn). The server says what it asks for and checks what comes back; here bytes become base64url and
 * back, and what a browser throws becomes a sentence.
 *
 *     if (passkeysMissing() === null) await addPasskey('My phone');      // signed in
 *     await passkeyAnswer({ signal, offered: true });                    // what auth.ts signs in with; waits in the e-mail field's suggestions
 *
 * A browser serves one such request at a time: the one before is to be aborted first.
 */
import type { Schemas } from '../types/session';
import { api, ApiError, sentence } from './api-client';

export type Passkey = Schemas['Passkey'];

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const raw = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('');
  return btoa(raw).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Why there are none here, as a sentence; null: there may be. */
export function passkeysMissing(): string | null {
  if (!globalThis.isSecureContext) return 'Passkeys work over HTTPS only, or on this machine as localhost.';
  if (typeof PublicKeyCredential === 'undefined') return 'This browser has no passkeys.';
  return null;
}

/** Can it offer passkeys among the suggestions of a field? */
export async function passkeysOffered(): Promise<boolean> {
  if (passkeysMissing() !== null || !PublicKeyCredential.isConditionalMediationAvailable) return false;
  return PublicKeyCredential.isConditionalMediationAvailable().catch(() => false);
}

const SAID: Record<string, string> = {
  NotAllowedError: 'It was cancelled, or took too long. Nothing has changed.',
  InvalidStateError: 'This device has a passkey for your account already.',
  SecurityError: 'Passkeys do not work under this address: it needs HTTPS and a name, or localhost.',
  NotSupportedError: 'This device cannot make a passkey that is taken here.',
  ConstraintError: 'This device cannot make sure that it is you; it needs a fingerprint, a face or a PIN.',
};

/** What to tell a person; null: nothing, since the page itself took the request back. */
export function passkeyTrouble(error: unknown): string | null {
  if (!(error instanceof DOMException)) {
    const first = error instanceof ApiError ? Object.values(error.fields)[0] : undefined;
    return first ?? sentence(error);
  }
  return error.name === 'AbortError' ? null : (SAID[error.name] ?? 'The browser could not use a passkey.');
}

/** Makes one on a device and has the server keep its public half. Throws ApiError with `password_needed` when the password is wanted first. */
export async function addPasskey(name: string, password?: string): Promise<Passkey> {
  const options = await api.post<Schemas['PasskeyCreation']>('/auth/passkeys/options', password === undefined ? {} : { password });
  const made = (await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: options.excludeCredentials.map(({ id }) => ({ type: 'public-key', id: bytes(id) })),
    },
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return api.post<Passkey>('/auth/passkeys', {
    name,
    clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

/** Asks for a passkey: in a window of the browser's, or `offered` among the suggestions of the field with autocomplete="… webauthn". */
export async function passkeyAnswer(how: { signal: AbortSignal; offered?: boolean }): Promise<Schemas['PasskeyLogin']> {
  const options = await api.open<Schemas['PasskeyRequest']>('POST', '/auth/login/passkey/options', {});
  how.signal.throwIfAborted();
  const used = (await navigator.credentials.get({
    publicKey: { rpId: options.rpId, challenge: bytes(options.challenge), timeout: options.timeout, userVerification: options.userVerification },
    mediation: how.offered ? 'conditional' : 'optional',
    signal: how.signal,
  })) as PublicKeyCredential;
  const response = used.response as AuthenticatorAssertionResponse;
  return {
    id: used.id,
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: response.userHandle ? text(response.userHandle) : '',
  };
}
