'use client';

import { Download, Play, Square, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { ConfirmDialog } from '@/components/ui/dialog';
import { toast } from '@/components/ui/toast';
import { useRecordings } from '@/hooks/useSession';
import { fetchSound, pieceOf, type Sound } from '@/hooks/useSound';
import { api, sentence } from '@/lib/api-client';
import { forget } from '@/lib/query';
import { clock, when } from '@/lib/utils';
import type { Schemas } from '@/types/session';

/** Hears again what was said. what: the words, for whoever cannot see where the button stands. */
export function HearAgain({ sound, audioUrl, what }: { sound: Sound; audioUrl: string | null; what: string }) {
  const piece = pieceOf(audioUrl);
  if (!piece || !audioUrl) return null;
  const on = sound.playing === audioUrl;
  return (
    <Button
      look="ghost"
      size="sm"
      className="-ml-3 justify-self-start"
      aria-pressed={on}
      onClick={() => (on ? sound.stop() : void sound.play(audioUrl))}
    >
      {on ? <Square aria-hidden="true" /> : <Play aria-hidden="true" />}
      <span>
        {on ? 'Stop' : 'Hear it'}
        <span className="sr-only"> {what}</span>
      </span>
      <span className="text-faint tabular-nums" aria-hidden="true">
        {clock(piece.from)}
      </span>
    </Button>
  );
}

async function save(recording: Schemas['Recording']): Promise<void> {
  try {
    const url = URL.createObjectURL(await fetchSound(recording.url));
    Object.assign(document.createElement('a'), { href: url, download: `recording-${recording.id}.ogg` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } catch (error) {
    toast(sentence(error), true);
  }
}

const QUALITY = { good: '', silent: 'Nothing is heard in it: no microphone was on.', clipped: 'It was too loud: much of it is cut off.' };

function One({ recording, sessionId }: { recording: Schemas['Recording']; sessionId: string }) {
  const [erasing, setErasing] = useState(false);
  const [busy, setBusy] = useState(false);
  async function erase() {
    setBusy(true);
    try {
      await api.delete(`/audio/${recording.id}`);
      setErasing(false);
      forget(`/sessions/${sessionId}/`);
    } catch (error) {
      toast(sentence(error), true);
    }
    setBusy(false);
  }
  return (
    <li className="grid gap-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p>
          {recording.growing ? 'Being recorded now' : clock(recording.durationMs / 1000)}
          <span className="text-soft">, {when(recording.createdAt)}. It is erased {when(recording.expiresAt)}.</span>
        </p>
        <div className="flex gap-2">
          <Button look="secondary" size="sm" onClick={() => void save(recording)}>
            <Download aria-hidden="true" />
            Save the sound
          </Button>
          <Button look="danger" size="sm" onClick={() => setErasing(true)}>
            <Trash2 aria-hidden="true" />
            Erase it
          </Button>
        </div>
      </div>
      {QUALITY[recording.quality] && <p className="text-live">{QUALITY[recording.quality]}</p>}
      {recording.consent && (
        <p className="text-sm text-faint">
          Agreed to {when(recording.consent.agreedAt)}: “{recording.consent.wording}”
        </p>
      )}
      <ConfirmDialog open={erasing} title="Erase this recording?" action="Erase" busy={busy} onClose={() => setErasing(false)} onConfirm={() => void erase()}>
        Its sound goes for good. The words stay.
      </ConfirmDialog>
    </li>
  );
}

/** What is kept of the sound of a session; nothing when nothing is. */
export function Recordings({ sessionId }: { sessionId: string }) {
  const recordings = useRecordings(sessionId).data?.items ?? [];
  if (recordings.length === 0) return null;
  return (
    <section aria-labelledby="recordings" className="grid gap-4 rounded-2xl border border-line bg-surface p-5">
      <h2 id="recordings" className="text-sm text-faint">
        The recording
      </h2>
      <ul className="grid gap-5">
        {recordings.map((recording) => (
          <One key={recording.id} recording={recording} sessionId={sessionId} />
        ))}
      </ul>
    </section>
  );
}
