'use client';

import { Pencil, Sparkles } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
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

function Line({ utterance: u, onAsk }: { utterance: Utterance; onAsk: Props['onAsk'] }) {
  const [editing, setEditing] = useState(false);
  const unsure = u.confidence !== null && u.confidence < 0.6;
  return (
    <li className="rise group grid gap-1.5" data-utterance={u.final ? 'final' : 'partial'}>
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

/**
 * What is being said. The tail that may still change is dimmed. Screen readers are told finished sentences only, once, in a region of their own.
 */
export function TranscriptDisplay({ utterances, listening, onAsk }: Props) {
  const seen = useRef(0); // how many there were: the first ones are shown from their end
  const box = useRef<HTMLDivElement>(null);
  const last = utterances.at(-1);
  const finished = utterances.findLast((u) => u.final);

  useEffect(() => {
    const list = box.current;
    if (!list) return;
    const near = list.scrollHeight - list.scrollTop - list.clientHeight < 160; // whoever scrolled up is reading: leave them
    if (near || seen.current === 0) list.scrollTop = list.scrollHeight;
    seen.current = utterances.length;
  }, [last?.text, last?.key, utterances.length]);

  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div ref={box} tabIndex={0} role="region" aria-label="What was said" className="min-h-0 overflow-y-auto overscroll-contain px-4 py-4 sm:px-5">
      {utterances.length === 0 ? (
        <p className="text-faint">{listening ? 'Listening. Words appear here while they are spoken.' : 'What is said appears here.'}</p>
      ) : (
        <ol className="grid gap-5">
          {utterances.map((u) => (
            <Line key={u.key} utterance={u} onAsk={onAsk} />
          ))}
        </ol>
      )}
      <p className="sr-only" aria-live="polite">
        {finished ? `${speakerName(finished.speaker)}: ${finished.text}` : ''}
      </p>
    </div>
  );
}
