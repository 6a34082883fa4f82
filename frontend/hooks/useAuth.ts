'use client';

import { useEffect } from 'react';
import { auth, startAuth, type AuthState } from '@/lib/auth';
import { useStore } from './useStore';

const starting: AuthState = { phase: 'starting' };

/** Who is signed in; begins to find out when first used. */
export function useAuth(): AuthState {
  useEffect(() => void startAuth(), []);
  return useStore(auth, starting);
}
