import { layOut } from '@/lib/outline';
import { splitUnsupported, unsupportedWords, type Why } from '@/lib/unsupported';
import { fieldName } from '@/lib/utils';
import type { OutlineKey, OutlinePoint } from '@/types/session';

function Quoted({ quote, field }: { quote: string; field: string }) {
  return (
    <>
      <span className="sr-only">Quoted: </span>
      <q className="rounded bg-mark box-decoration-clone px-1 py-px font-serif text-mark-ink [quotes:none]">{quote}</q>
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
      <span className="max-sm:line-clamp-2">
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

/** What a glance must catch while speaking: the first thing to say, and at most three phrases to keep in view. */
export function Prompter({ lead, keys }: { lead: string; keys: OutlineKey[] }) {
  return (
    <div role="group" aria-label="Say first" className="grid gap-2 border-l-3 border-accent pl-3.5 sm:gap-3 sm:pl-5">
      <p className="font-serif text-xl leading-snug font-semibold sm:text-[1.7rem]">{lead}</p>
      {keys.length > 0 && (
        <ul aria-label="Key phrases" className="grid gap-1 text-[0.9375rem] sm:gap-1.5 sm:text-lg">
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
      <ol className="grid gap-4 border-l-3 border-mark-line pl-4 sm:pl-5">
        {points.map((point, at) => (
          <Point key={`${at}-${point.text}`} point={point} at={at} />
        ))}
      </ol>
    </div>
  );
}

const MARK = /\s*\[(context|role|skills|industry|yearsExperience|jobDescription)\]/;

const HINTS: Record<Why, string> = {
  number: 'This number is not in your profile, the job description or what was said.',
  name: 'This name is not in your profile, the job description or what was said.',
  employer: 'This employer is not in your profile, the job description or what was said.',
};

/** Words that nothing supports: dotted for the eye, said in words to a screen reader, and on hover or focus to everybody. */
function Unsupported({ text, why }: { text: string; why: Why }) {
  return (
    <button
      type="button"
      className="group inline rounded-sm text-left underline decoration-live decoration-dotted decoration-2 underline-offset-4 select-text"
    >
      {text}
      <span className="sr-only"> ({HINTS[why]})</span>
      {/* laid out in the line of its word, but as wide as the paragraph allows: it never sticks out */}
      <span
        aria-hidden="true"
        className="pointer-events-none absolute left-0 z-10 mt-8 hidden max-w-full rounded-lg bg-ink px-3 py-2 font-sans text-sm leading-snug text-paper shadow-card group-hover:block group-focus:block"
      >
        {HINTS[why]}
      </span>
    </button>
  );
}

/** Text with the built-in answer's marks ("[context]") as quiet notes of where it was quoted from, and what nothing supports dotted. */
function Marked({ text }: { text: string }) {
  return (
    <>
      {text.split(MARK).map((part, at) =>
        at % 2 === 0 ? (
          splitUnsupported(part).map((piece, n) => (piece.why ? <Unsupported key={n} text={piece.text} why={piece.why} /> : piece.text))
        ) : (
          <span key={at} className="ml-1.5 font-sans text-sm whitespace-nowrap text-faint">
            {fieldName(part)}
          </span>
        ),
      )}
    </>
  );
}

/** The answer as it comes: paragraphs of plain text, whatever the model marks up. `text` may be marked (lib/unsupported.ts). */
export function AnswerText({ text, running = false }: { text: string; running?: boolean }) {
  const blocks = text.split(/\n{2,}/).filter((block) => block.trim() !== '');
  const doubtful = unsupportedWords(text);
  return (
    <div role="group" aria-label="Answer" aria-busy={running} className="grid gap-3.5 font-serif text-xl leading-relaxed">
      {blocks.map((block, at) => (
        <p key={at} className={`relative whitespace-pre-wrap ${running && at === blocks.length - 1 ? 'caret' : ''}`}>
          <Marked text={block.replace(/\*\*([^*]+)\*\*/g, '$1')} />
        </p>
      ))}
      {running && blocks.length === 0 && <p className="caret text-faint">Writing</p>}
      {doubtful.length > 0 && (
        <p className="font-sans text-sm leading-snug text-soft">
          Dotted, because neither your profile, the job description nor the interview has it: {doubtful.join(', ')}. Say it only if it is true.
        </p>
      )}
    </div>
  );
}
