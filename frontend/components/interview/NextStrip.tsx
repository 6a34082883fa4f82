import { ArrowRight } from 'lucide-react';
import type { Answer, Utterance } from '@/lib/live';
import { hasWords } from '@/lib/live';
import { asAsked } from '@/lib/utils';

/**
 * What goes on while another answer is being read: the words of a question as they are spoken, then that it is answered, with the first thing
 * to say. It takes nothing away; the person moves on when they are ready.
 */
export function NextStrip({ hearing, next, waiting, onNext }: { hearing: Utterance | null; next: Answer | null; waiting: number; onNext: () => void }) {
  if (next)
    return (
      <button
        type="button"
        onClick={onNext}
        data-strip="next"
        className="rise grid w-full grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 rounded-xl bg-accent px-3.5 py-1.5 text-left text-accent-ink hover:bg-accent-strong short:py-1"
      >
        <span className="grid min-w-0">
          <span className={`truncate text-sm font-semibold ${next.lead ? 'short:sr-only' : ''}`} dir="auto">
            {waiting > 1 ? `${waiting} new questions: ` : 'New question: '}
            {asAsked(next.question)}
          </span>
          <span className={`truncate font-serif text-lg leading-tight ${next.lead ? '' : 'short:sr-only'}`} dir="auto">
            {next.lead || (hasWords(next) ? 'The answer is ready.' : 'The answer is being written.')}
          </span>
        </span>
        <span className="flex items-center gap-2 text-sm font-semibold">
          <kbd className="rounded bg-accent-ink/20 px-1.5 font-sans max-sm:hidden">]</kbd>
          <ArrowRight aria-hidden="true" className="size-5" />
        </span>
      </button>
    );
  if (!hearing) return null;
  return (
    // screen readers are told whole sentences, by the transcript
    <p aria-hidden="true" data-strip="hearing" className="flex min-w-0 items-baseline gap-2 rounded-xl bg-live-soft px-3.5 py-1.5 text-live short:py-1">
      <span className="shrink-0 text-sm font-semibold">Hearing</span>
      {/* the newest words are at the end: that end stays in sight */}
      <span className="flex min-w-0 flex-1 justify-end overflow-hidden font-serif text-lg leading-tight whitespace-nowrap" dir="auto">
        {hearing.text}
      </span>
    </p>
  );
}
