'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { openCapture, type Capture, type CaptureRequest } from '@/lib/audio/capture';
import { sentence } from '@/lib/api-client';
import type { CaptureFrame } from '@/types/audio';

/** Captures only to look at the level: the sound check before an interview. Nothing is sent anywhere. */
export function useSoundCheck() {
  const [state, setState] = useState<'off' | 'asking' | 'on'>('off');
  const [error, setError] = useState<string | null>(null);
  const capture = useRef<Capture | null>(null);
  const watchers = useRef(new Set<(frame: CaptureFrame) => void>());

  const stop = useCallback(() => {
    capture.current?.stop();
    capture.current = null;
    setState('off');
  }, []);

  const start = useCallback(
    async (request: CaptureRequest) => {
      stop();
      setError(null);
      setState('asking');
      try {
        capture.current = await openCapture(request, (frame) => watchers.current.forEach((watch) => watch(frame)), stop);
        setState('on');
      } catch (failure) {
        setError(sentence(failure));
        setState('off');
      }
    },
    [stop],
  );

  const onLevel = useCallback((watch: (frame: CaptureFrame) => void) => {
    watchers.current.add(watch);
    return () => void watchers.current.delete(watch);
  }, []);

  useEffect(() => () => capture.current?.stop(), []);
  return { state, error, start, stop, onLevel };
}
