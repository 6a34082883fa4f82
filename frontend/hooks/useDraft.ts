'use client';

import { useAuth } from './useAuth';
import { useStore } from './useStore';
import { draft, setDraft } from '@/lib/drafts';

/** Something written and not saved yet (lib/drafts.ts); null drops it, and `otherwise` is shown. */
export function useDraft<T>(name: string, otherwise: T): [T, (value: T | null) => void] {
  const state = useAuth();
  const owner = state.phase === 'in' ? state.user.id : 'nobody';
  const value = useStore(draft<T>(owner, name), null);
  return [value ?? otherwise, (next) => setDraft(owner, name, next)];
}
