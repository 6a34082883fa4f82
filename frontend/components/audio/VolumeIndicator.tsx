'use client';

import { useEffect, useRef, useState } from 'react';
import { cn } from '@/lib/utils';
import type { CaptureFrame } from '@/types/audio';

const BARS = 18;
const FLOOR_DB = -60;
const FALL = 0.12; // of the whole scale per frame of 40 ms: quick up, slower down
const QUIET_AFTER_FRAMES = 75; // 3 s without anything above the floor
const HEARD_DB = -48;

function loudness(frame: CaptureFrame): number {
  const db = 20 * Math.log10(Math.max(frame.rms, 1e-6));
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / -FLOOR_DB));
}

/**
 * A level meter. It paints past React, 25 times a second; what React and screen readers learn is only whether anything is heard.
 */
export function VolumeIndicator(props: { onLevel: (watch: (frame: CaptureFrame) => void) => () => void; className?: string; describe?: boolean }) {
  const { onLevel } = props;
  const box = useRef<HTMLDivElement>(null);
  const [silent, setSilent] = useState(false);

  useEffect(() => {
    let shown = 0;
    let quiet = 0;
    return onLevel((frame) => {
      shown = Math.max(loudness(frame), shown - FALL);
      box.current?.style.setProperty('--level', shown.toFixed(3));
      quiet = 20 * Math.log10(Math.max(frame.rms, 1e-6)) > HEARD_DB ? 0 : quiet + 1;
      if (quiet === 0) setSilent(false);
      else if (quiet === QUIET_AFTER_FRAMES) setSilent(true);
    });
  }, [onLevel]);

  return (
    <div className={cn('grid gap-1', props.className)}>
      <div ref={box} className="flex h-6 items-center gap-[3px]" aria-hidden="true" style={{ ['--level' as string]: 0 }}>
        {Array.from({ length: BARS }, (_, n) => (
          <span
            key={n}
            className="h-full w-1 origin-center rounded-full bg-accent"
            style={{
              // each bar lights when the level passes its place
              opacity: `calc(0.18 + 0.82 * clamp(0, (var(--level) - ${(n / BARS).toFixed(3)}) * 40, 1))`,
              transform: `scaleY(calc(${(0.35 + 0.3 * Math.abs(Math.sin(n * 1.9))).toFixed(2)} + 0.35 * clamp(0, (var(--level) - ${(n / BARS).toFixed(3)}) * 40, 1)))`,
            }}
          />
        ))}
      </div>
      {props.describe && (
        <p className="text-sm text-soft" role="status">
          {silent ? 'Nothing is heard. Is the right microphone chosen, and not muted?' : 'Speak: the bars should move.'}
        </p>
      )}
    </div>
  );
}
