'use client';

import { Pencil, Sparkles } from 'lucide-react';
import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { rowProps, Windowed } from '@/components/ui/windowed';
import type { Utterance } from '@/lib/live';
import { kindName, speakerName } from '@/lib/utils';

interface Props {
  utterances: Utterance[];
  listening: boolean;
  /** Its words, or better ones, are to be answered. */
  onAsk: (utterance: Utterance, text: string) => void;
}

function turnText(u: Utterance): string {
  if (u.turn === 'eager') return 'seems finished';
  if (u.turn === 'resumed') return 'goes on';
  return u.final ? '' : 'speaking';
}

function Draft({ text, onAsk, onCancel }: { text: string; onAsk: (text: string) => void; onCancel: () => void }) {
  const [value, setValue] = useState(text);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => box.current?.focus(), []);
  function key(event: KeyboardEvent) {
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      if (value.trim()) onAsk(value.trim());
    }
    if (event.key === 'Escape') {
      event.stopPropagation();
      onCancel();
    }
  }
  return (
    <div className="grid gap-2">
      <textarea
        ref={box}
        aria-label="Correct the question"
        rows={3}
        maxLength={4000}
        value={value}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={key}
        className="field font-serif text-lg"
      />
      <div className="flex gap-2">
        <Button size="sm" disabled={value.trim() === ''} onClick={() => onAsk(value.trim())}>
          Ask this
        </Button>
        <Button size="sm" look="ghost" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  );
}

const actionClass = 'grid size-7 place-items-center rounded-lg text-faint hover:bg-sunken hover:text-ink [&_svg]:size-4 pointer-coarse:size-9';

function Line({ utterance: u, at, of, onAsk }: { utterance: Utterance; at: number; of: number; onAsk: Props['onAsk'] }) {
  const [editing, setEditing] = useState(false);
  const unsure = u.confidence !== null && u.confidence < 0.6;
  return (
    <li {...rowProps(u.key, at, of)} className="rise group grid gap-1.5 pb-5" data-utterance={u.final ? 'final' : 'partial'}>
      <div className="flex min-h-6 items-center gap-2 text-[13px] font-semibold text-faint">
        <span className={u.speaker === 'candidate' ? 'text-accent' : ''}>{speakerName(u.speaker)}</span>
        {turnText(u) && (
          <span className="inline-flex items-center gap-1.5 font-medium">
            {!u.final && <span className="pulse size-1.5 rounded-full bg-live" aria-hidden="true" />}
            {turnText(u)}
          </span>
        )}
        {u.question && u.kind && <Badge tone="accent">{kindName(u.kind)}</Badge>}
        {u.final && unsure && <Badge tone="mark">Unsure</Badge>}
        {u.final && !editing && (
          // in the line of the name, so that they take no row of their own; seen without a pointer where there is none
          <span className="ms-auto flex gap-1 hover-only:opacity-0 hover-only:group-focus-within:opacity-100 hover-only:group-hover:opacity-100">
            <button type="button" className={actionClass} onClick={() => setEditing(true)} title="Correct" aria-label={`Correct: ${u.text}`}>
              <Pencil aria-hidden="true" />
            </button>
            <button type="button" className={actionClass} onClick={() => onAsk(u, u.text)} title="Answer this" aria-label={`Answer this: ${u.text}`}>
              <Sparkles aria-hidden="true" />
            </button>
          </span>
        )}
      </div>
      {editing ? (
        <Draft
          text={u.text}
          onCancel={() => setEditing(false)}
          onAsk={(text) => {
            setEditing(false);
            onAsk(u, text);
          }}
        />
      ) : (
        <p dir="auto" className="font-serif text-lg leading-snug">
          {u.text.slice(0, u.stable)}
          <span className="text-faint" data-unstable>
            {u.text.slice(u.stable)}
          </span>
        </p>
      )}
      {u.heard && !editing && (
        <p dir="auto" className="text-sm text-faint">
          Heard: {u.heard}
        </p>
      )}
    </li>
  );
}

const NEAR = 160; // to the end, which is followed [px]
const CHARACTERS = 38; // of a row of text
const keyOf = (u: Utterance) => u.key;
const guess = (u: Utterance) => 50 + 25 * Math.ceil(u.text.length / CHARACTERS);

/**
 * What is being said. The tail that may still change is dimmed. Screen readers are told finished sentences only, once, in a region of their own.
 */
export function TranscriptDisplay({ utterances, listening, onAsk }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true); // until the person scrolls up: whoever reads is left where they are
  const finished = utterances.findLast((u) => u.final);

  const follow = useCallback(() => {
    const list = box.current;
    if (list && follows.current) list.scrollTop = list.scrollHeight;
  }, []);
  const scrolled = () => {
    const list = box.current!;
    follows.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
  };

  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div ref={box} onScroll={scrolled} tabIndex={0} role="region" aria-label="What was said" className="min-h-0 overflow-y-auto overscroll-contain px-4 py-4 sm:px-5">
      {utterances.length === 0 ? (
        <p className="text-faint">{listening ? 'Listening. Words appear here while they are spoken.' : 'What is said appears here.'}</p>
      ) : (
        <Windowed
          label="Lines"
          framed
          items={utterances}
          keyOf={keyOf}
          guess={guess}
          onRange={follow}
          render={(u, at) => <Line utterance={u} at={at} of={utterances.length} onAsk={onAsk} />}
        />
      )}
      <p className="sr-only" aria-live="polite">
        {finished ? `${speakerName(finished.speaker)}: ${finished.text}` : ''}
      </p>
    </div>
  );
}
