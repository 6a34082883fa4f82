'use client';

import { Mic, Square } from 'lucide-react';
import type { PointerEvent } from 'react';
import { cn } from '@/lib/utils';
import type { TurnMode } from '@/types/audio';

interface Props {
  phase: 'off' | 'asking' | 'on' | 'ending';
  mode: TurnMode;
  talking: boolean;
  onToggle: () => void;
  onTalk: (talking: boolean) => void;
}

const round = 'grid size-14 sm:size-16 short:size-11 shrink-0 place-items-center rounded-full shadow-card transition-colors select-none touch-none [&_svg]:size-7 short:[&_svg]:size-5';

/** The round one: begins and stops listening; in push-to-talk, once listening, it is held while somebody speaks. */
export function RecordButton({ phase, mode, talking, onToggle, onTalk }: Props) {
  if (phase === 'on' && mode === 'push_to_talk') {
    const down = (event: PointerEvent<HTMLButtonElement>) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      onTalk(true);
    };
    return (
      <button
        type="button"
        aria-pressed={talking}
        aria-label="Hold while the question is asked"
        onPointerDown={down}
        onPointerUp={() => onTalk(false)}
        onPointerCancel={() => onTalk(false)}
        className={cn(round, talking ? 'bg-live text-white dark:text-[#2b0b04]' : 'bg-accent text-accent-ink')}
      >
        <Mic aria-hidden="true" className={talking ? 'pulse' : ''} />
      </button>
    );
  }
  const on = phase === 'on' || phase === 'ending';
  return (
    <button
      type="button"
      onClick={onToggle}
      disabled={phase === 'asking' || phase === 'ending'}
      aria-label={on ? 'Stop listening' : 'Start listening'}
      className={cn(round, 'disabled:opacity-60', on ? 'bg-live text-white dark:text-[#2b0b04]' : 'bg-accent text-accent-ink hover:bg-accent-strong')}
    >
      {on ? <Square aria-hidden="true" className="fill-current" /> : <Mic aria-hidden="true" />}
    </button>
  );
}
