'use client';

import { Mic, Square, UserRoundCheck, UserRoundX } from 'lucide-react';
import { useId, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Checkbox } from '@/components/ui/field';
import { useVoice, type VoiceState } from '@/hooks/useVoice';
import { CONSENT, CONSENT_KEEP, PHRASE } from '@/lib/voice';
import { VolumeIndicator } from './VolumeIndicator';

const SAYS: Record<VoiceState, string> = {
  looking: '',
  unknown: 'Not known. On one microphone for both, what you say may be taken for a question.',
  asking: 'The browser asks whether the microphone may be used.',
  recording: 'Read the sentence aloud, as you speak in an interview. Press Done at its end.',
  learning: 'Your voice is being learned.',
  known: 'Known for this interview: what you say asks no questions. It is forgotten when the interview ends.',
  kept: 'Known, and kept for your next interviews.',
};

/** A phrase teaches whose voice is the candidate's: consent, recording, what became of it, keeping, forgetting. */
export function VoicePhrase({ deviceId, session }: { deviceId: string | null; session: () => Promise<string> }) {
  const voice = useVoice(session);
  const [agreed, setAgreed] = useState(false);
  const [keep, setKeep] = useState(false);
  const phraseId = useId();
  const { state } = voice;
  const known = state === 'known' || state === 'kept';
  const recording = state === 'recording';
  const busy = state === 'asking' || state === 'learning';
  return (
    <fieldset className="grid gap-3 rounded-xl bg-sunken p-4" data-voice={state}>
      <legend className="sr-only">Your voice</legend>
      <p className="flex items-center gap-2 text-sm font-semibold" aria-hidden="true">
        {known ? <UserRoundCheck className="size-4 text-accent" /> : <UserRoundX className="size-4 text-faint" />}
        Your voice
      </p>
      <p role="status" className="text-sm text-soft">
        {SAYS[state]}
        {known && voice.speechMs > 0 && ` Learned from ${Math.round(voice.speechMs / 1000)} s of speech.`}
      </p>
      {!known && state !== 'looking' && (
        <>
          <blockquote id={phraseId} className="border-l-2 border-accent pl-3 font-serif text-lg leading-snug">
            {PHRASE}
          </blockquote>
          <Checkbox label={CONSENT} checked={agreed} disabled={recording || busy} onChange={(event) => setAgreed(event.target.checked)} />
          <Checkbox label={CONSENT_KEEP} checked={keep} disabled={!agreed || recording || busy} onChange={(event) => setKeep(event.target.checked)} />
        </>
      )}
      <div className="flex flex-wrap items-center gap-3">
        {state !== 'looking' && state !== 'kept' && (
          <Button
            look={recording ? 'live' : 'secondary'}
            size="sm"
            busy={busy}
            disabled={!known && !agreed}
            aria-describedby={known ? undefined : phraseId}
            onClick={() => (recording ? voice.stop() : void voice.record(deviceId, keep && agreed))}
          >
            {recording ? <Square aria-hidden="true" className="fill-current" /> : !busy && <Mic aria-hidden="true" />}
            {recording ? 'Done' : known ? 'Say it again' : 'Record the sentence'}
          </Button>
        )}
        {state === 'known' && voice.mayKeep && (
          <Button look="ghost" size="sm" aria-description={CONSENT_KEEP} title={CONSENT_KEEP} onClick={() => void voice.keep()}>
            Keep it for my next interviews
          </Button>
        )}
        {known && (
          <Button look="ghost" size="sm" onClick={() => void voice.forget()}>
            Forget my voice
          </Button>
        )}
        {recording && <VolumeIndicator onLevel={voice.onLevel} />}
      </div>
      {voice.error && (
        <p role="alert" className="text-sm font-medium text-live">
          {voice.error}
        </p>
      )}
    </fieldset>
  );
}

/** What is kept of me, and the way to have it forgotten; nothing when nothing is. */
export function KeptVoice() {
  const voice = useVoice();
  if (voice.state !== 'kept' && !voice.error) return null;
  return (
    <div className="grid gap-2" data-voice={voice.state}>
      <p className="text-soft">
        Your voice is kept for your interviews, encrypted{voice.speechMs > 0 && `, learned from ${Math.round(voice.speechMs / 1000)} s of speech`}.
      </p>
      <Button look="danger" size="sm" className="justify-self-start" onClick={() => void voice.forget()}>
        Forget my voice
      </Button>
      {voice.error && (
        <p role="alert" className="text-sm font-medium text-live">
          {voice.error}
        </p>
      )}
    </div>
  );
}
