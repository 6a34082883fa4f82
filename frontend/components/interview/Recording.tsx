'use client';

import { CircleDot, Copy, Square } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { toast } from '@/components/ui/toast';
import { useStore } from '@/hooks/useStore';
import type { LiveSession } from '@/lib/live-session';
import { Timer } from './Timer';

/** What is agreed to: the server keeps these words with the recording, with who and when. */
export const WORDING =
  'I have told everybody in this interview that it is recorded, and they agree. The recording stays on this server for as long as its settings say; I can stop it and erase it at any time.';

/** To be read aloud, or sent. */
export const TELL = 'Before we begin: may I record our conversation, so that I can go through it again afterwards? The recording stays with me, and I stop at once if you prefer.';

function Consent({ onAgree }: { onAgree: () => void }) {
  const [agreed, setAgreed] = useState(false);
  async function copy() {
    try {
      await navigator.clipboard.writeText(TELL);
      toast('Copied. Paste it into the chat of the call.');
    } catch {
      toast('The browser lets nothing be copied here. Mark the sentence and copy it by hand.', true);
    }
  }
  return (
    <>
      <p className="text-soft">Recording needs the others to know. This page cannot speak in your call, so tell them yourself: read this aloud, or send it.</p>
      <blockquote className="grid gap-3 rounded-xl border border-line bg-raised p-4">
        <p className="font-serif text-lg leading-snug">{TELL}</p>
        <Button look="secondary" size="sm" className="justify-self-start" onClick={() => void copy()}>
          <Copy aria-hidden="true" />
          Copy
        </Button>
      </blockquote>
      <label className="flex cursor-pointer gap-3 rounded-xl border border-line p-4">
        <input type="checkbox" checked={agreed} onChange={(event) => setAgreed(event.target.checked)} className="mt-1 size-5 shrink-0 accent-accent" />
        <span>{WORDING}</span>
      </label>
      <Button disabled={!agreed} look="live" onClick={onAgree} className="justify-self-end">
        <CircleDot aria-hidden="true" />
        Start recording
      </Button>
    </>
  );
}

/** Whether this interview is recorded, for as long as it is; the way to begin and to stop. */
export function Recording({ live }: { live: LiveSession }) {
  const { recording, recordingEnded } = useStore(live.state);
  const connected = useStore(live.answers) === 'open';
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    if (recordingEnded) toast(`The recording has ended: ${recordingEnded}.`, true);
  }, [recordingEnded]);
  return (
    <>
      <span role="status" className={recording ? 'inline-flex min-h-9 items-center gap-2 rounded-full bg-live-soft px-3 text-sm font-semibold text-live' : 'sr-only'}>
        {recording && (
          <>
            <span className="pulse size-2.5 rounded-full bg-live" aria-hidden="true" />
            Recording
            <Timer since={new Date(recording.since).toISOString()} className="tabular-nums max-sm:hidden" />
          </>
        )}
      </span>
      {recording ? (
        <Button look="ghost" size="icon" aria-label="Stop recording" title="Stop recording" onClick={() => live.stopRecording()}>
          <Square aria-hidden="true" className="text-live" />
        </Button>
      ) : (
        <Button look="ghost" size="icon" disabled={!connected} aria-label="Record this interview" title="Record this interview" onClick={() => setAsking(true)}>
          <CircleDot aria-hidden="true" />
        </Button>
      )}
      <Dialog open={asking} title="Record this interview?" onClose={() => setAsking(false)}>
        <Consent
          onAgree={() => {
            live.record(WORDING);
            setAsking(false);
          }}
        />
      </Dialog>
    </>
  );
}
