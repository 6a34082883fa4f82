'use client';

import { CircleDashed, Plus } from 'lucide-react';
import { useState, type KeyboardEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';
import { Skeleton } from '@/components/ui/states';
import { usePreview } from '@/hooks/useResume';
import { sentence } from '@/lib/api-client';
import { PARTS, placesOf, tellPart, type Story, type StoryPart } from '@/lib/story';
import { plural } from '@/lib/utils';

const NAMES: Record<StoryPart, string> = { situation: 'Situation', task: 'Task', action: 'Action', result: 'Result' };
const ASKED: Record<StoryPart, { missing: string; begin: string }> = {
  situation: { missing: 'where and when it was, and what was at stake', begin: 'When I came, …' },
  task: { missing: 'what was yours to do', begin: 'I was asked to …' },
  action: { missing: 'what you did yourself, step by step', begin: 'I …' },
  result: { missing: 'what came of it, with a number if there is one', begin: 'It now …' },
};

/** One sentence for what is missing; Enter adds it, Escape gives up. */
function TellPart({ part, onTell, onCancel }: { part: StoryPart; onTell: (words: string) => void; onCancel: () => void }) {
  const [words, setWords] = useState('');
  const tell = () => (words.trim() === '' ? onCancel() : onTell(words));
  function key(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key === 'Enter') {
      event.preventDefault();
      tell();
    } else if (event.key === 'Escape') onCancel();
  }
  return (
    <div className="flex flex-wrap items-end gap-2">
      <div className="min-w-48 flex-1">
        {/* it was asked for by a press */}
        {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
        <Input label={`${NAMES[part]}: ${ASKED[part].missing}`} autoFocus value={words} placeholder={ASKED[part].begin} maxLength={400} onChange={(e) => setWords(e.target.value)} onKeyDown={key} />
      </div>
      <Button look="secondary" onClick={tell}>
        Put it in
      </Button>
    </div>
  );
}

/** One part as the text has it; the scene may be set by the heading alone. */
function Told({ story, part }: { story: Story; part: StoryPart }) {
  const told = story.parts.filter((p) => p.part === part).map((p) => p.text);
  const scene = part === 'situation' && told.length === 0 ? story.heading : null;
  if (told.length === 0 && !scene) return null;
  return (
    <div className="grid gap-x-3 gap-y-0.5 sm:grid-cols-[5.5rem_1fr]">
      <dt className="pt-0.5 text-sm font-semibold text-soft">{NAMES[part]}</dt>
      <dd dir="auto" className={scene ? 'min-w-0 text-soft' : 'min-w-0 font-serif text-[1.05rem] leading-snug'}>
        {scene ?? told.join(' ')}
      </dd>
    </div>
  );
}

/** What a story does not say, each to be added by a press. */
function Missing({ parts, onTell }: { parts: StoryPart[]; onTell: ((part: StoryPart, words: string) => void) | null }) {
  const [telling, setTelling] = useState<StoryPart | null>(null);
  if (parts.length === 0) return null;
  if (telling && onTell)
    return (
      <TellPart
        part={telling}
        onCancel={() => setTelling(null)}
        onTell={(words) => {
          setTelling(null);
          onTell(telling, words);
        }}
      />
    );
  return (
    <div className="flex flex-wrap items-center gap-2 text-mark-ink">
      <p className="inline-flex items-center gap-1.5 rounded-lg bg-mark px-2.5 py-1 text-sm font-medium">
        <CircleDashed className="size-3.5" aria-hidden="true" />
        No {parts.join(', no ')}
      </p>
      {onTell &&
        parts.map((part) => (
          <Button key={part} look="ghost" size="sm" onClick={() => setTelling(part)}>
            <Plus aria-hidden="true" />
            Add the {part}
          </Button>
        ))}
    </div>
  );
}

function StoryCard({ story, at, context, onChange }: { story: Story; at: number; context: string; onChange: (context: string) => void }) {
  return (
    <li className="grid gap-3 rounded-xl border border-line bg-raised p-4">
      <dl className="grid gap-2">
        {PARTS.map((part) => (
          <Told key={part} story={story} part={part} />
        ))}
      </dl>
      <Missing parts={story.missing} onTell={at < 0 ? null : (part, words) => onChange(tellPart(context, at, story, part, words))} />
    </li>
  );
}

function summary(stories: Story[]): string {
  const without = (part: StoryPart) => stories.filter((story) => story.missing.includes(part)).length;
  const gaps = PARTS.map((part) => ({ part, count: without(part) })).filter(({ count }) => count > 0);
  if (gaps.length === 0) return 'Every one has its situation, task, action and result.';
  return `${gaps.map(({ part, count }) => `${count} without a ${part}`).join(', ').replace('a action', 'an action')}. What is missing, answers cannot say; add it where you remember it.`;
}

/** The stories that answers will be able to tell, as the program understands the text; what is missing in them can be added in place. */
export function StoryCards({ context, onChange }: { context: string; onChange: (context: string) => void }) {
  const { seen, error } = usePreview(context);
  if (context.trim() === '') return null;
  const preview = seen?.preview;
  const stories = preview?.stories ?? [];
  const places = placesOf(context, stories);
  return (
    <section aria-labelledby="stories" className="grid gap-3">
      <div className="grid gap-1">
        <h2 id="stories" className="text-lg font-semibold tracking-tight">
          {preview ? `${plural(stories.length, 'story', 'stories')} in it` : 'Stories in it'}
        </h2>
        <p className="max-w-prose text-sm text-soft" aria-live="polite">
          {preview
            ? stories.length > 0
              ? summary(stories)
              : 'None yet. A story is a bullet or paragraph in which you do something: “When I came, …. I was asked to …. I …. It now ….”'
            : error
              ? `They could not be looked for: ${sentence(error)}`
              : 'Looking for them'}
        </p>
      </div>
      {!preview && !error && <Skeleton className="h-32 rounded-xl" />}
      {stories.length > 0 && (
        <ol className="grid gap-3" aria-busy={seen?.of !== context}>
          {stories.map((story, i) => (
            <StoryCard key={`${i} ${story.text.slice(0, 40)}`} story={story} at={places[i]!} context={context} onChange={onChange} />
          ))}
        </ol>
      )}
    </section>
  );
}
