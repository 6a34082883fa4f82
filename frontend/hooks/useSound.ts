'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { api, sentence } from '@/lib/api-client';

const AROUND_S = 0.2; // before the first word and after the last, so that neither sounds cut

export interface Piece {
  /** As the API has it: /api/v1/audio/{id} */
  url: string;
  from: number;
  to: number;
}

/** "/api/v1/audio/ID#t=12.340,17.900"; null: not that. */
export function pieceOf(audioUrl: string | null): Piece | null {
  const found = /^(\/api\/v1\/audio\/[^#]+)#t=([\d.]+),([\d.]+)$/.exec(audioUrl ?? '');
  return found && { url: found[1]!, from: Number(found[2]), to: Number(found[3]) };
}

/** A recording as a file of the browser's: an <audio> cannot sign in, so it is fetched once for all its pieces. */
export async function fetchSound(url: string): Promise<Blob> {
  return (await api.send('GET', url.replace('/api/v1', ''))).blob();
}

/** Plays pieces of recordings, one at a time. `playing` is the audioUrl that is heard now. */
export function useSound() {
  const [playing, setPlaying] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const audio = useRef<HTMLAudioElement | null>(null);
  const files = useRef(new Map<string, Promise<string>>());
  const wanted = useRef<string | null>(null);

  const stop = useCallback(() => {
    wanted.current = null;
    audio.current?.pause();
    setPlaying(null);
  }, []);

  useEffect(() => {
    const known = files.current;
    return () => {
      stop();
      known.forEach((file) => void file.then(URL.revokeObjectURL, () => undefined));
      known.clear();
    };
  }, [stop]);

  const play = useCallback(
    async (audioUrl: string) => {
      const piece = pieceOf(audioUrl);
      if (!piece) return;
      stop();
      wanted.current = audioUrl;
      setPlaying(audioUrl);
      setTrouble(null);
      try {
        const file = files.current.get(piece.url) ?? fetchSound(piece.url).then((blob) => URL.createObjectURL(blob));
        files.current.set(piece.url, file);
        const player = (audio.current ??= new Audio());
        const source = await file;
        if (wanted.current !== audioUrl) return;
        if (player.src !== source) player.src = source;
        player.currentTime = Math.max(0, piece.from - AROUND_S);
        player.ontimeupdate = () => {
          if (player.currentTime >= piece.to + AROUND_S) stop();
        };
        player.onended = stop;
        await player.play();
      } catch (error) {
        files.current.delete(piece.url);
        if (wanted.current !== audioUrl) return;
        const cannot = error instanceof DOMException && error.name === 'NotSupportedError';
        setTrouble(cannot ? 'This browser cannot play the recording. Save it, and play it with another program.' : sentence(error));
        stop();
      }
    },
    [stop],
  );

  return { playing, trouble, play, stop };
}

export type Sound = ReturnType<typeof useSound>;
