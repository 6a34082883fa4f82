'use client';

import { usePathname } from 'next/navigation';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { api } from '@/lib/api-client';
import { useQuery } from '@/lib/query';
import type { Profile, Schemas, Session, Transcript } from '@/types/session';
import { useMayRead } from './useAuth';

/** No key while nobody is signed in. */
function useKey(key: string | null): string | null {
  return useMayRead() ? key : null;
}

const none = () => () => undefined;

/**
 * The session id in the address, null until the browser took over. The pages under /interview/ are exported once, for an id called
 * "placeholder", and served for every id; so the real one stands only in the address.
 */
export function useSessionId(): string | null {
  usePathname(); // renders anew when the address changes softly
  return useSyncExternalStore(
    none,
    () => /^\/interview\/([^/]+)/.exec(location.pathname)?.[1] ?? null,
    () => null,
  );
}

export function useSessions(limit: number) {
  return useQuery(useKey(`/sessions?limit=${limit}`), (key) => api.get<Schemas['SessionList']>(key));
}

/** The first page of a list of sessions, or of what was found in them. */
export function useList<T>(path: string) {
  return useQuery(useKey(path), (key) => api.get<T>(key));
}

export function useSession(id: string | null) {
  return useQuery(useKey(id && `/sessions/${id}`), (key) => api.get<Session>(key));
}

/** All pairs of a session, oldest first: the first hundred as soon as they are there, the rest behind them. */
export function useTranscripts(id: string | null) {
  const key = useKey(id && `/sessions/${id}/transcripts?order=asc&limit=100`);
  const first = useQuery(key, (path) => api.get<Schemas['TranscriptList']>(path));
  const next = first.data?.nextCursor;
  const rest = useQuery(key && next ? `${key}&cursor=${encodeURIComponent(next)}` : null, async (path) => {
    const all: Transcript[] = [];
    let page: Schemas['TranscriptList'] = await api.get(path);
    all.push(...page.items);
    while (page.nextCursor) {
      page = await api.get(`${key}&cursor=${encodeURIComponent(page.nextCursor)}`);
      all.push(...page.items);
    }
    return all;
  });
  const data = useMemo(() => first.data && [...first.data.items, ...(rest.data ?? [])], [first.data, rest.data]);
  return { data, error: first.error ?? rest.error, reload: first.reload };
}

/** How one comes along, session by session, newest first. */
export function useProgress() {
  return useQuery(useKey('/analytics/progress?limit=50'), (key) => api.get<Schemas['Progress']>(key));
}

/** Who spoke for how long. */
export function useTalk(id: string | null) {
  return useQuery(useKey(id && `/sessions/${id}/talk`), (key) => api.get<Schemas['Talk']>(key));
}

/** Its sound, where any is kept. */
export function useRecordings(id: string | null) {
  return useQuery(useKey(id && `/sessions/${id}/recordings`), (key) => api.get<Schemas['RecordingList']>(key));
}

/** What the server's machine can hear by itself. */
export function useHostDevices() {
  return useQuery(useKey('/audio/devices'), (key) => api.get<Schemas['AudioDevices']>(key));
}

export function useProfiles() {
  return useQuery(useKey('/profiles?limit=100'), (key) => api.get<Schemas['ProfileList']>(key));
}

export function useProfile(id: string | null | undefined) {
  return useQuery(useKey(id ? `/profiles/${id}` : null), (key) => api.get<Profile>(key));
}

const ASK_AGAIN_MS = 400;
const LOOK_AGAIN_MS = 10_000;

/**
 * The server answers at once and asks the providers meanwhile: while it does not know of each one, it is asked again. A page that stays open
 * learns of one that dies or comes back: it looks again every few seconds while somebody sees it, and at once when it is seen again. The first
 * of two readings then only makes the server ask, so that nothing flickers.
 */
export function useEngines() {
  const engines = useQuery(useKey('/engines'), (key) => api.get<Schemas['Engines']>(key));
  const { data, reload } = engines;
  useEffect(() => {
    const asked = data?.providers.filter((p) => p.configured && p.name !== 'outline') ?? [];
    if (asked.length === 0) return;
    let timer: ReturnType<typeof setTimeout>;
    const lookAgain = () => {
      clearTimeout(timer);
      if (document.hidden) return;
      api.get('/engines').catch(() => undefined);
      timer = setTimeout(reload, ASK_AGAIN_MS);
    };
    timer = asked.some((p) => p.reachable === null) ? setTimeout(reload, ASK_AGAIN_MS) : setTimeout(lookAgain, LOOK_AGAIN_MS);
    document.addEventListener('visibilitychange', lookAgain);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', lookAgain);
    };
  }, [data, reload]);
  return engines;
}
