'use client';

import { useEffect, useState } from 'react';
import { clock } from '@/lib/utils';

/** Time since a moment, running. Not read out: a screen reader would never be quiet. */
export function Timer({ since, className }: { since: string; className?: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time role="timer" aria-live="off" className={className} suppressHydrationWarning>
      {clock((now - new Date(since).getTime()) / 1000)}
    </time>
  );
}
