'use client';

import { Play } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Checkbox } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { fetchSound } from '@/hooks/useSound';
import { sentence } from '@/lib/api-client';
import { clock } from '@/lib/utils';
import type { Schemas } from '@/types/session';

interface Props {
  recordings: Schemas['Recording'][];
  /** A piece is heard by itself: this one is quiet meanwhile. */
  quiet: boolean;
  onTime: (url: string, seconds: number, follow: boolean) => void;
}

/** The whole recording, in step with what stands above it. */
export function Player({ recordings, quiet, onTime }: Props) {
  const audio = useRef<HTMLAudioElement>(null);
  const [source, setSource] = useState<{ url: string; file: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const [follow, setFollow] = useState(true);
  useEffect(() => {
    if (quiet) audio.current?.pause();
  }, [quiet]);
  useEffect(() => () => void (source && URL.revokeObjectURL(source.file)), [source]);

  async function open(url: string) {
    setBusy(true);
    try {
      setSource({ url, file: URL.createObjectURL(await fetchSound(url)) });
    } catch (error) {
      toast(sentence(error), true);
    }
    setBusy(false);
  }

  return (
    <section aria-label="Player" className="sticky bottom-18 z-20 flex flex-wrap items-center gap-3 rounded-2xl border border-line bg-raised p-3 shadow-card lg:bottom-4">
      {source ? (
        <>
          {/* eslint-disable-next-line jsx-a11y/media-has-caption -- what is said stands beside it */}
          <audio
            ref={audio}
            controls
            autoPlay
            src={source.file}
            onTimeUpdate={(event) => onTime(source.url, event.currentTarget.currentTime, follow)}
            className="h-10 min-w-0 flex-1"
          />
          <Checkbox label="Follow the text" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
        </>
      ) : (
        recordings.map((recording) => (
          <Button key={recording.id} look="secondary" size="sm" busy={busy} onClick={() => void open(recording.url)}>
            <Play aria-hidden="true" />
            {recording.growing ? 'Hear the recording so far' : `Hear the recording, ${clock(recording.durationMs / 1000)}`}
          </Button>
        ))
      )}
    </section>
  );
}
