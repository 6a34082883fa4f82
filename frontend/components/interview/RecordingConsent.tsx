'use client';

import { CircleDot, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { toast } from '@/components/ui/toast';

/** What is agreed to: the server keeps these words with the recording, with who and when. */
const WORDING =
  'I have told everybody in this interview that it is recorded, and they agree. The recording stays on this server for as long as its settings say; I can stop it and erase it at any time.';

/** To be read aloud, or sent. */
const TELL = 'Before we begin: may I record our conversation, so that I can go through it again afterwards? The recording stays with me, and I stop at once if you prefer.';

/** What the others are told, and that they were; loaded when somebody wants to record. */
export function RecordingConsent({ open, onClose, onAgree }: { open: boolean; onClose: () => void; onAgree: (wording: string) => void }) {
  return (
    <Dialog open={open} title="Record this interview?" onClose={onClose}>
      <Consent onAgree={onAgree} />
    </Dialog>
  );
}

function Consent({ onAgree }: { onAgree: (wording: string) => void }) {
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
      <Button disabled={!agreed} look="live" onClick={() => onAgree(WORDING)} className="justify-self-end">
        <CircleDot aria-hidden="true" />
        Start recording
      </Button>
    </>
  );
}
