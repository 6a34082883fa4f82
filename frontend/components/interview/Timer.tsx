'use client';

import { useEffect, useRef, useState } from 'react';
import { clock } from '@/lib/utils';

interface Props {
  /** Seconds that had passed when it was shown first. */
  from?: number;
  /** When it began, where that is known [ms since 1970]. */
  since?: number;
  /** It goes on; otherwise it stands. */
  running?: boolean;
  className?: string;
}

/** A running time. Not read out: a screen reader would never be quiet. */
export function Timer({ from = 0, since, running = true, className }: Props) {
  const [seconds, setSeconds] = useState(from);
  const passed = useRef(from); // up to the last pause [s]
  useEffect(() => {
    if (!running) return;
    const began = since ?? Date.now();
    const now = () => passed.current + (Date.now() - began) / 1000;
    const timer = setInterval(() => setSeconds(now()), 1000);
    return () => {
      clearInterval(timer);
      passed.current = now();
    };
  }, [running, since]);
  return (
    <time role="timer" aria-live="off" className={className} suppressHydrationWarning>
      {clock(seconds)}
    </time>
  );
}
