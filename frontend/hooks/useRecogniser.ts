'use client';

import { useCallback, useEffect, useState } from 'react';
import { api, ApiError } from '@/lib/api-client';
import { forget } from '@/lib/query';
import type { Schemas } from '@/types/session';
import { useMayRead } from './useAuth';

const PATH = '/admin/hearing';
const LOOK_AGAIN_MS = 1000;

export type Recogniser = Schemas['Recogniser'];
export type RecogniserChange = Schemas['RecogniserChange'];

/**
 * Which recogniser hears everybody here, what it could hear with, and both again while something is on its way. `mayChange` is false for whoever
 * is no operator; null: not known yet.
 */
export function useRecogniser() {
  const mayRead = useMayRead();
  const [recogniser, setRecogniser] = useState<Recogniser | null>(null);
  const [models, setModels] = useState<Schemas['HearingModel'][]>([]);
  const [mayChange, setMayChange] = useState<boolean | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  const look = useCallback(() => setTurn((n) => n + 1), []);

  useEffect(() => {
    if (!mayRead) return;
    let here = true;
    let timer: ReturnType<typeof setTimeout>;
    async function read() {
      try {
        const is = await api.get<Recogniser>(PATH); // first, since whoever may not read it needs no models either
        const list = await api.get<Schemas['HearingModelList']>('/models');
        if (!here) return;
        setRecogniser(is);
        setModels(list.items.filter((model) => model.kind === 'ear'));
        setMayChange(true);
        setError(null);
        if (is.waits || list.items.some((model) => model.state === 'getting')) timer = setTimeout(() => void read(), LOOK_AGAIN_MS);
      } catch (failure) {
        if (!here) return;
        if (failure instanceof ApiError && (failure.status === 403 || failure.status === 503)) setMayChange(false);
        else setError(failure);
      }
    }
    void read();
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [mayRead, turn]);

  /** null: as the server's settings say again. Throws. */
  const choose = useCallback(
    async (change: RecogniserChange | null) => {
      if (change) setRecogniser(await api.patch<Recogniser>(PATH, change));
      else await api.delete(PATH);
      forget('/engines');
      look();
    },
    [look],
  );
  const test = useCallback((change: RecogniserChange) => api.post<Schemas['RecogniserTest']>(`${PATH}/test`, change), []);
  const get = useCallback((name: string) => api.post(`/models/${name}/get`).finally(look), [look]);
  const cancel = useCallback((name: string) => api.post(`/models/${name}/cancel`).finally(look), [look]);
  const remove = useCallback((name: string) => api.delete(`/models/${name}`).finally(look), [look]);

  return { recogniser, models, mayChange, error, look, choose, test, get, cancel, remove };
}
