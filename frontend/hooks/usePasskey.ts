'use client';

import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { loginWithPasskey } from '@/lib/auth';
import { passkeyAnswer, passkeysMissing, passkeysOffered, passkeyTrouble } from '@/lib/passkeys';

const RENEW_MS = 240_000; // a challenge is good for five minutes

const never = () => () => undefined;

/**
 * Signing in with a passkey. While the page is open, passkeys wait among the suggestions of the e-mail field where the browser can do that;
 * `ask` opens the browser's own window instead. `possible` is false until the page lives, so that it is drawn alike everywhere.
 */
export function usePasskey(enabled: boolean, onTrouble: (sentence: string) => void) {
  const possible = useSyncExternalStore(never, () => enabled && passkeysMissing() === null, () => false);
  const [busy, setBusy] = useState(false);
  const request = useRef<AbortController | null>(null);
  const tell = useRef(onTrouble);
  useEffect(() => void (tell.current = onTrouble));

  const begin = useCallback(async (offered: boolean) => {
    request.current?.abort();
    const mine = (request.current = new AbortController());
    let answered = false;
    try {
      const answer = await passkeyAnswer({ signal: mine.signal, offered });
      answered = true;
      await loginWithPasskey(answer);
    } catch (error) {
      const trouble = passkeyTrouble(error);
      if (trouble !== null && (answered || !offered)) tell.current(trouble); // what was only offered was asked for by nobody
      return false;
    }
    return true;
  }, []);

  useEffect(() => {
    if (!possible) return;
    let timer: ReturnType<typeof setInterval> | undefined;
    let here = true;
    void passkeysOffered().then((can) => {
      if (!can || !here) return;
      void begin(true);
      timer = setInterval(() => void begin(true), RENEW_MS);
    });
    return () => {
      here = false;
      clearInterval(timer);
      request.current?.abort();
    };
  }, [possible, begin]);

  const ask = useCallback(async () => {
    setBusy(true);
    const signedIn = await begin(false);
    setBusy(false);
    if (!signedIn && (await passkeysOffered())) void begin(true);
  }, [begin]);

  return { possible, busy, ask };
}
