import { Quote } from 'lucide-react';
import { fieldName } from '@/lib/utils';
import type { OutlinePoint } from '@/types/session';

/** One talking point with the words it rests on. */
function Point({ point, at }: { point: OutlinePoint; at: number }) {
  return (
    <li className="rise grid gap-1.5" style={{ animationDelay: `${at * 40}ms` }}>
      <p className="text-lg leading-snug font-medium">
        {point.label && <span className="mr-2 text-sm font-semibold text-accent">{point.label}</span>}
        {point.text}
      </p>
      {point.source && (
        <p className="flex items-start gap-2 text-[15px] leading-snug text-mark-ink">
          <Quote className="mt-1 size-3.5 shrink-0 fill-current opacity-70" aria-hidden="true" />
          <span>
            <span className="sr-only">Source: </span>
            <q className="box-decoration-clone rounded bg-mark px-1 py-px font-serif [quotes:none]">{point.source.quote}</q>
            <span className="ml-2 text-sm text-faint">{fieldName(point.source.field)}</span>
          </span>
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

/** The answer as it comes: paragraphs, and lists where the model wrote some; everything stays text. */
export function AnswerText({ text, running = false }: { text: string; running?: boolean }) {
  const blocks = text.split(/\n{2,}/).filter((block) => block.trim() !== '');
  return (
    <section aria-label="Answer" aria-busy={running} className="grid gap-3.5 font-serif text-xl leading-relaxed">
      {blocks.map((block, at) => (
        <p key={at} className={`whitespace-pre-wrap ${running && at === blocks.length - 1 ? 'caret' : ''}`}>
          {block.replace(/\*\*([^*]+)\*\*/g, '$1')}
        </p>
      ))}
      {running && blocks.length === 0 && <p className="caret text-faint">Writing</p>}
    </section>
  );
}
