'use client';

import { useLayoutEffect } from 'react';
import { useAuth } from './useAuth';
import { useStore } from './useStore';
import { adoptDraft, draft, NOBODY, setDraft } from '@/lib/drafts';

/** Something written and not saved yet (lib/drafts.ts); null drops it, and `otherwise` is shown. */
export function useDraft<T>(name: string, otherwise: T): [T, (value: T | null) => void] {
  const state = useAuth();
  const owner = state.phase === 'in' ? state.user.id : NOBODY;
  useLayoutEffect(() => adoptDraft(owner, name), [owner, name]);
  const value = useStore(draft<T>(owner, name), null);
  return [value ?? otherwise, (next) => setDraft(owner, name, next)];
}
