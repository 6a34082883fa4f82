import { Badge } from '@/components/ui/badge';
import { kindName } from '@/lib/utils';
import type { QuestionKind } from '@/types/session';

interface Props {
  number: number | null;
  question: string;
  kind: QuestionKind | null;
  /** Begun before the question was certainly over. */
  eager?: boolean;
  level?: 'h2' | 'h3';
}

/** The question as it was understood, in the voice of what is said. */
export function QuestionCard({ number, question, kind, eager, level: Heading = 'h2' }: Props) {
  return (
    <header className="grid gap-2.5">
      <div className="flex flex-wrap items-center gap-2">
        {number !== null && <span className="text-sm font-semibold text-faint">Question {number}</span>}
        {kind && <Badge tone="accent">{kindName(kind)}</Badge>}
        {eager && <Badge>Early, may still change</Badge>}
      </div>
      <Heading className="font-serif text-2xl leading-snug sm:text-[1.75rem]">{question}</Heading>
    </header>
  );
}
