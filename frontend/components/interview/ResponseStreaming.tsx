import { fieldName } from '@/lib/utils';
import { layOut } from '@/lib/outline';
import type { OutlinePoint } from '@/types/session';

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

export function Outline({ points }: { points: OutlinePoint[] }) {
  return (
    <section aria-label="Talking points">
      <ol className="grid gap-4 border-l-3 border-mark-line pl-4 sm:pl-5">
        {points.map((point, at) => (
          <Point key={`${at}-${point.text}`} point={point} at={at} />
        ))}
      </ol>
    </section>
  );
}

const MARK = /\s*\[(context|role|skills|industry|yearsExperience|jobDescription)\]/;

/** Text with the built-in answer's marks ("[context]") as quiet notes of where it was quoted from. */
function Marked({ text }: { text: string }) {
  return (
    <>
      {text.split(MARK).map((part, at) =>
        at % 2 === 0 ? (
          part
        ) : (
          <span key={at} className="ml-1.5 font-sans text-sm whitespace-nowrap text-faint">
            {fieldName(part)}
          </span>
        ),
      )}
    </>
  );
}

/** The answer as it comes: paragraphs of plain text, whatever the model marks up. */
export function AnswerText({ text, running = false }: { text: string; running?: boolean }) {
  const blocks = text.split(/\n{2,}/).filter((block) => block.trim() !== '');
  return (
    <section aria-label="Answer" aria-busy={running} className="grid gap-3.5 font-serif text-xl leading-relaxed">
      {blocks.map((block, at) => (
        <p key={at} className={`whitespace-pre-wrap ${running && at === blocks.length - 1 ? 'caret' : ''}`}>
          <Marked text={block.replace(/\*\*([^*]+)\*\*/g, '$1')} />
        </p>
      ))}
      {running && blocks.length === 0 && <p className="caret text-faint">Writing</p>}
    </section>
  );
}
