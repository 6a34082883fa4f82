'use client';

import { useEffect, useRef, useState } from 'react';
import { api } from '@/lib/api-client';
import { LiveSession } from '@/lib/live-session';
import { inputsOf, preferences } from '@/lib/preferences';

/** The live interview of a session for as long as the screen is there; null until the id is known. */
export function useLiveSession(sessionId: string | null, ready: boolean): LiveSession | null {
  const [live, setLive] = useState<LiveSession | null>(null);
  useEffect(() => {
    if (!sessionId || !ready) return;
    const { mode, language } = preferences().get();
    const made = new LiveSession({
      sessionId,
      mode,
      language,
      inputs: inputsOf(preferences().get()),
      token: (fresh) => api.token(fresh),
    });
    setLive(made); // eslint-disable-line react-hooks/set-state-in-effect -- it opens sockets, so it can't be made while rendering
    return () => {
      made.close();
      setLive(null);
    };
  }, [sessionId, ready]);
  return live;
}

/** Runs `work` with the latest properties on every key press of the window. */
export function useKeys(work: (event: KeyboardEvent) => void): void {
  const latest = useRef(work);
  useEffect(() => {
    latest.current = work;
  });
  useEffect(() => {
    const run = (event: KeyboardEvent) => latest.current(event);
    addEventListener('keydown', run);
    addEventListener('keyup', run);
    return () => {
      removeEventListener('keydown', run);
      removeEventListener('keyup', run);
    };
  }, []);
}
