import { Badge } from '@/components/ui/badge';
import { asAsked, kindName } from '@/lib/utils';
import type { QuestionKind } from '@/types/session';
import type { ReactNode } from 'react';

interface Props {
  number: number | null;
  question: string;
  kind: QuestionKind | null;
  /** What was heard, where the question stands in other words now. */
  heard?: string | null;
  /** Begun before the question was certainly over. */
  eager?: boolean;
  level?: 'h2' | 'h3';
  /** What can be done with it, beside its number. */
  actions?: ReactNode;
  /** What is to be said stands below it: it leaves the room to that, and shows its beginning. */
  brief?: boolean;
  /** Something else wants the room too: on a low screen the question itself is left out of sight. */
  crowded?: boolean;
}

/** The question as it was understood, in the voice of what is said. */
export function QuestionCard({ number, question, kind, heard, eager, level: Heading = 'h2', actions, brief = false, crowded = false }: Props) {
  return (
    <header className={`grid ${brief ? '' : 'gap-2.5'}`}>
      <div className="flex flex-wrap items-center justify-between gap-x-3">
        <div className={`flex flex-wrap items-center gap-2 ${actions ? 'min-h-11 short:min-h-9' : ''}`}>
          {number !== null && <span className="text-sm font-semibold text-faint">Question {number}</span>}
          {kind && (
            <span className={brief ? 'contents max-sm:hidden' : 'contents'}>
              <Badge tone="accent">{kindName(kind)}</Badge>
            </span>
          )}
          {eager && <Badge>Early, may still change</Badge>}
        </div>
        {actions}
      </div>
      <Heading
        dir="auto"
        title={brief ? question : undefined}
        className={`font-serif leading-snug ${brief ? `line-clamp-1 text-base text-soft tall:line-clamp-2 tall:sm:text-lg ${crowded ? 'short:sr-only' : ''}` : 'text-2xl sm:text-[1.75rem]'}`}
      >
        {asAsked(question)}
      </Heading>
      {heard && (
        <p dir="auto" className={`text-sm text-faint ${brief ? 'truncate short:sr-only' : ''}`}>
          Heard: {heard}
        </p>
      )}
    </header>
  );
}
