'use client';

import { useCallback, useEffect, useState } from 'react';
import { api, sentence } from '@/lib/api-client';
import type { Schemas } from '@/types/session';
import { useMayRead } from './useAuth';

export type Hearing = Schemas['Hearing'];

const LOOK_AGAIN_MS = 1000;

const isComing = (hearing: Hearing) => [hearing.missing, hearing.offer].some((model) => model?.state === 'getting');

/** What a language that was chosen is heard with; saying so brings what is missing, and this follows it while it comes. */
export function useHearing(language: string) {
  const mayRead = useMayRead();
  const [read, setRead] = useState<{ language: string; hearing: Hearing } | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (!mayRead) return;
    let timer: ReturnType<typeof setTimeout>;
    let here = true;
    async function look(chosen: boolean) {
      const path = `/hearing/${language}`;
      const hearing = await (chosen ? api.post<Hearing>(path) : api.get<Hearing>(path)).catch(() => null);
      if (!here) return;
      if (hearing) setRead({ language, hearing });
      if (hearing && isComing(hearing)) timer = setTimeout(() => void look(false), LOOK_AGAIN_MS);
    }
    void look(turn === 0);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [language, mayRead, turn]);

  const get = useCallback(async (name: string) => {
    setError(null);
    try {
      await api.post(`/models/${name}/get`);
    } catch (failure) {
      setError(sentence(failure));
    }
    setTurn((n) => n + 1);
  }, []);

  return { hearing: read?.language === language ? read.hearing : null, error, get };
}
