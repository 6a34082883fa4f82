'use client';

import { useSyncExternalStore } from 'react';
import { defaults, preferences, type Preferences } from '@/lib/preferences';

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (changed) => preferences().watch(changed),
    () => preferences().get(),
    () => defaults,
  );
}
