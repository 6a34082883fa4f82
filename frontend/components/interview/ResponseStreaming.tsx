import { lazy, Suspense } from 'react';
import { layOut } from '@/lib/outline';
import { unsupportedWords } from '@/lib/unsupported';
import { fieldName } from '@/lib/utils';
import type { OutlineKey, OutlinePoint } from '@/types/session';
import { Marked } from './Marked';

function Quoted({ quote, field }: { quote: string; field: string }) {
  return (
    <>
      <span className="sr-only">Quoted: </span>
      <q dir="auto" className="rounded bg-mark box-decoration-clone px-1 py-px font-serif text-mark-ink [quotes:none]">{quote}</q>
      <span className="ml-2 text-sm whitespace-nowrap text-faint">{fieldName(field)}</span>
    </>
  );
}

/** One talking point: the part it plays, advice, and the words it rests on, marked. */
function Point({ point, at }: { point: OutlinePoint; at: number }) {
  const { label, before, quote, after, inline, field } = layOut(point);
  return (
    <li className="rise grid gap-0.5" style={{ animationDelay: `${at * 40}ms` }}>
      {label && <p className="text-sm font-semibold text-accent">{label}</p>}
      <p className={quote ? 'text-lg leading-snug' : 'leading-snug text-soft'}>
        {before && <span className={quote && inline ? 'text-soft' : undefined}>{before} </span>}
        {quote && inline && <Quoted quote={quote} field={field} />}
        {after && <span className="text-soft"> {after}</span>}
      </p>
      {quote && !inline && (
        <p className="text-[17px] leading-snug">
          <Quoted quote={quote} field={field} />
        </p>
      )}
    </li>
  );
}

/** A phrase with its figure in front of the eye, where it has one. */
function Key({ text, number }: OutlineKey) {
  const at = number ? text.indexOf(number) : -1;
  return (
    <li className="flex gap-2 leading-snug">
      <span aria-hidden="true" className="mt-[0.45em] size-1.5 shrink-0 rounded-full bg-mark-line" />
      <span dir="auto" className="max-sm:line-clamp-2 short:line-clamp-1">
        {number && at < 0 && <strong>{number} </strong>}
        {at < 0 ? (
          text
        ) : (
          <>
            {text.slice(0, at)}
            <strong className="rounded bg-mark px-1 text-mark-ink">{number}</strong>
            {text.slice(at + number!.length)}
          </>
        )}
      </span>
    </li>
  );
}

/**
 * What a glance must catch while speaking: the first thing to say, and at most three phrases to keep in view. `live`: as large as it is read
 * from a distance, by the size the person chose.
 */
export function Prompter({ lead, keys, live = false }: { lead: string; keys: OutlineKey[]; live?: boolean }) {
  const sizes = live
    ? ['text-[length:calc(2rem*var(--reading,1))] leading-[1.15] short:leading-[1.1] lg:text-[length:calc(2.375rem*var(--reading,1))]', 'text-[length:calc(1.0625rem*var(--reading,1))] sm:text-[length:calc(1.25rem*var(--reading,1))]']
    : ['text-xl leading-snug sm:text-[1.7rem]', 'text-[0.9375rem] sm:text-lg'];
  return (
    <div role="group" aria-label="Say first" className="grid gap-2 border-s-3 border-accent ps-3.5 short:gap-1 tall:sm:gap-3 sm:ps-5">
      <p dir="auto" className={`font-serif ${sizes[0]}`}>
        {lead}
      </p>
      {keys.length > 0 && (
        <ul aria-label="Key phrases" className={`grid gap-1 short:gap-0.5 tall:sm:gap-1.5 ${sizes[1]}`}>
          {keys.map((key) => (
            <Key key={key.text} {...key} />
          ))}
        </ul>
      )}
    </div>
  );
}

export function Outline({ points }: { points: OutlinePoint[] }) {
  return (
    <div role="group" aria-label="Talking points">
      <ol className="grid gap-4 border-s-3 border-mark-line ps-4 sm:ps-5">
        {points.map((point, at) => (
          <Point key={`${at}-${point.text}`} point={point} at={at} />
        ))}
      </ol>
    </div>
  );
}

/** Signs of markup, which a renderer of its own is loaded for; most answers are plain paragraphs. */
const MARKUP = /(^|\n) {0,3}(#{1,6} |[-*+] |\d+[.)] |> |```|~~~|\|.*\|)|`[^`\n]+`|\*\*|\]\(https?:/;
const Markdown = lazy(() => import('./Markdown'));

function Paragraphs({ text, running }: { text: string; running: boolean }) {
  const blocks = text.split(/\n{2,}/).filter((block) => block.trim() !== '');
  return blocks.map((block, at) => (
    <p key={at} dir="auto" className={`relative whitespace-pre-wrap ${running && at === blocks.length - 1 ? 'caret' : ''}`}>
      <Marked text={block.replace(/\*\*([^*]+)\*\*/g, '$1')} />
    </p>
  ));
}

/** The answer as it comes: paragraphs, and whatever the model marks up. `text` may be marked (lib/unsupported.ts). */
export function AnswerText({ text, running = false }: { text: string; running?: boolean }) {
  const doubtful = unsupportedWords(text);
  const plain = <Paragraphs text={text} running={running} />;
  return (
    <div role="group" aria-label="Answer" aria-busy={running} className="grid grid-cols-[minmax(0,1fr)] gap-3.5 font-serif text-[length:calc(1.25rem*var(--reading,1))] leading-relaxed">
      {MARKUP.test(text) ? (
        <Suspense fallback={plain}>
          <Markdown text={text} running={running} />
        </Suspense>
      ) : (
        plain
      )}
      {running && text.trim() === '' && <p className="caret text-faint">Writing</p>}
      {doubtful.length > 0 && (
        <p className="font-sans text-sm leading-snug text-soft">
          Dotted, because neither your profile, the job description nor the interview has it: {doubtful.join(', ')}. Say it only if it is true.
        </p>
      )}
    </div>
  );
}
