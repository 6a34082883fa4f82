'use client';

import { CircleDot, Square } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Button } from '@/components/ui/button';
import { toast } from '@/components/ui/toast';
import { useStore } from '@/hooks/useStore';
import type { LiveSession } from '@/lib/live-session';
import { Timer } from './Timer';

const RecordingConsent = lazy(() => import('./RecordingConsent').then((m) => ({ default: m.RecordingConsent })));

/** Whether this interview is recorded, for as long as it is; the way to begin and to stop. */
export function Recording({ live }: { live: LiveSession }) {
  const { recording, recordingEnded } = useStore(live.state);
  const connected = useStore(live.answers) === 'open';
  const [asking, setAsking] = useState<boolean | null>(null); // null: not yet
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
            <Timer key={recording.since} since={recording.since} className="tabular-nums max-sm:hidden" />
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
      {asking !== null && (
        <Suspense>
          <RecordingConsent
            open={asking}
            onClose={() => setAsking(false)}
            onAgree={(wording) => {
              live.record(wording);
              setAsking(false);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
