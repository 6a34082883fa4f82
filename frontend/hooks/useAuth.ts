'use client';

import { useEffect, useSyncExternalStore } from 'react';
import { auth, startAuth, type AuthState } from '@/lib/auth';
import { useStore } from './useStore';

const starting: AuthState = { phase: 'starting' };

/** Who is signed in; begins to find out when first used. */
export function useAuth(): AuthState {
  useEffect(() => void startAuth(), []);
  return useStore(auth, starting);
}

const mayRead = () => auth.get().phase === 'in' || auth.get().phase === 'starting';

/**
 * False once it is known that nobody is signed in. A read begun before that is known waits for the token by itself, and the page is not drawn
 * again just because somebody is.
 */
export function useMayRead(): boolean {
  useEffect(() => void startAuth(), []);
  return useSyncExternalStore(auth.watch, mayRead, () => true);
}
