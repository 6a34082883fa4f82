/**
 * Reading from the server with a memory: what was read before shows at once while it is read anew.
 *
 *     const { data, error, loading, reload } = useQuery('/profiles?limit=100', (key) => api.get<…>(key));
 *     forget('/profiles');     // after a change: drops every key that begins so, and components read again
 */
'use client';

import { startTransition, useCallback, useEffect, useState } from 'react';
import { Store } from './store';

const memory = new Map<string, unknown>();
const reading = new Map<string, Promise<unknown>>(); // so that two components which want the same ask once
const generation = new Store(0);
const TOGETHER_MS = 40; // an answer waits no longer than this for those still under way

export function forget(prefix: string): void {
  for (const known of [memory, reading]) for (const key of known.keys()) if (key.startsWith(prefix)) known.delete(key);
  generation.update((n) => n + 1);
}

export interface QueryState<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => void;
}

interface Result<T> {
  key: string | null;
  data: T | undefined;
  error: unknown;
}

function readOnce<T>(key: string, read: (key: string) => Promise<T>): Promise<T> {
  const known = reading.get(key) as Promise<T> | undefined;
  if (known) return known;
  const started = read(key).finally(() => {
    if (reading.get(key) === started) reading.delete(key);
  });
  reading.set(key, started);
  return started;
}

const due: (() => void)[] = [];
let together: ReturnType<typeof setTimeout> | undefined;

function showDue(): void {
  clearTimeout(together);
  together = undefined;
  const all = due.splice(0);
  startTransition(() => all.forEach((change) => change())); // in slices, so that a long list never blocks a finger
}

/** What is read at the same time is shown at once: one rendering and one layout of the page instead of one for each answer. */
function show(change: () => void): void {
  due.push(change);
  if (reading.size === 0) showDue();
  else together ??= setTimeout(showDue, TOGETHER_MS);
}

/** A null key reads nothing (yet). */
export function useQuery<T>(key: string | null, read: (key: string) => Promise<T>): QueryState<T> {
  const [result, setResult] = useState<Result<T>>({ key: null, data: undefined, error: null });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((n) => n + 1), []);

  useEffect(() => generation.watch(reload), [reload]);
  useEffect(() => {
    if (key === null) return;
    let here = true;
    readOnce(key, read).then(
      (data) => {
        if (!here) return;
        memory.set(key, data);
        show(() => setResult({ key, data, error: null }));
      },
      (error: unknown) => {
        if (here) show(() => setResult((old) => ({ key, data: old.key === key ? old.data : undefined, error })));
      },
    );
    return () => void (here = false);
    // `read` is a new function on every render; the key says all that matters
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, turn]);

  const settled = result.key === key && key !== null;
  const data = settled && result.data !== undefined ? result.data : key !== null ? (memory.get(key) as T | undefined) : undefined;
  return { data, error: settled ? result.error : null, loading: !settled && data === undefined, reload };
}
