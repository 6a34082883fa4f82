'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, sentence } from '@/lib/api-client';
import { forgetVoice, keptVoice, PhraseRecorder, teachVoice } from '@/lib/voice';
import type { CaptureFrame } from '@/types/audio';
import { useMayRead } from './useAuth';

/** looking: the server has not said yet. known: for this interview. kept: for the next ones as well. */
export type VoiceState = 'looking' | 'unknown' | 'asking' | 'recording' | 'learning' | 'known' | 'kept';

/**
 * The candidate's own voice before an interview. `session` makes or names the session that learns it; it is called when a phrase was recorded,
 * so looking at this makes none.
 */
export function useVoice(session?: () => Promise<string>) {
  const mayRead = useMayRead();
  const [state, setState] = useState<VoiceState>('looking');
  const [speechMs, setSpeechMs] = useState(0);
  const [error, setError] = useState<string | null>(null);
  const [wav, setWav] = useState<Blob | null>(null);
  const sessionId = useRef<string | null>(null);
  const recorder = useRef<PhraseRecorder | null>(null);
  const watchers = useRef(new Set<(frame: CaptureFrame) => void>());
  const stopNow = useRef<() => void>(() => undefined);
  const here = useRef(true);

  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
      recorder.current?.stop();
    };
  }, []);

  useEffect(() => {
    if (!mayRead) return;
    let wanted = true;
    keptVoice().then(
      (kept) => {
        if (!wanted) return;
        setState((s) => (s === 'looking' ? (kept ? 'kept' : 'unknown') : s));
        setSpeechMs(kept?.speechMs ?? 0);
      },
      () => wanted && setState((s) => (s === 'looking' ? 'unknown' : s)),
    );
    return () => void (wanted = false);
  }, [mayRead]);

  const fail = useCallback((failure: unknown, back: VoiceState) => {
    if (!here.current) return;
    const wrong = failure instanceof ApiError ? failure.fields['/file'] : undefined;
    setError(wrong ? `The recording ${wrong}.` : sentence(failure));
    setState(back);
  }, []);

  const send = useCallback(
    async (phrase: Blob, keep: boolean, back: VoiceState) => {
      setState('learning');
      try {
        sessionId.current ??= await session!();
        const voice = await teachVoice(sessionId.current, phrase, keep);
        if (!here.current) return;
        setSpeechMs(voice.speechMs);
        setWav(voice.kept ? null : phrase);
        setState(voice.kept ? 'kept' : 'known');
      } catch (failure) {
        fail(failure, back);
      }
    },
    [session, fail],
  );

  const record = useCallback(
    async (deviceId: string | null, keep: boolean) => {
      const back: VoiceState = state === 'known' || state === 'kept' ? state : 'unknown';
      const done = () => {
        const phrase = recorder.current?.stop();
        recorder.current = null;
        if (phrase) void send(phrase, keep, back);
        else if (here.current) setState(back);
      };
      setError(null);
      setState('asking');
      recorder.current = new PhraseRecorder((frame) => watchers.current.forEach((watch) => watch(frame)), done);
      stopNow.current = done;
      try {
        await recorder.current.start(deviceId);
        if (here.current) setState((s) => (s === 'asking' ? 'recording' : s));
      } catch (failure) {
        fail(failure, back);
      }
    },
    [state, send, fail],
  );
  const keep = useCallback(async () => {
    setError(null);
    if (wav) await send(wav, true, 'known');
  }, [wav, send]);

  const forget = useCallback(async () => {
    setError(null);
    try {
      await forgetVoice(sessionId.current, state === 'kept');
      if (!here.current) return;
      setWav(null);
      setSpeechMs(0);
      setState('unknown');
    } catch (failure) {
      fail(failure, state);
    }
  }, [state, fail]);

  const onLevel = useCallback((watch: (frame: CaptureFrame) => void) => {
    watchers.current.add(watch);
    return () => void watchers.current.delete(watch);
  }, []);

  return { state, speechMs, error, mayKeep: wav !== null, record, stop: () => stopNow.current(), keep, forget, onLevel };
}
