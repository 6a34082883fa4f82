'use client';

import { useSyncExternalStore } from 'react';
import type { Store } from '@/lib/store';

/** The present value of a store; `first` is what the exported page shows before the browser takes over. */
export function useStore<T>(store: Store<T>, first?: T): T {
  return useSyncExternalStore(store.watch, store.get, first === undefined ? store.get : () => first);
}
