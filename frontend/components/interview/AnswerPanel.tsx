'use client';

import { ChevronLeft, ChevronRight, Copy, RotateCcw, Square } from 'lucide-react';
import { Link } from '@/components/ui/link';
import type { ReactNode } from 'react';
import { LatencyBar } from '@/components/session/LatencyBar';
import { Button } from '@/components/ui/button';
import { toast } from '@/components/ui/toast';
import type { Answer } from '@/lib/live';
import { repeatsPoints, withoutPoints } from '@/lib/outline';
import { markUnsupported } from '@/lib/unsupported';
import { engineName } from '@/lib/utils';
import { QuestionCard } from './QuestionCard';
import { AnswerText, Outline, Prompter } from './ResponseStreaming';

interface Props {
  answers: Answer[];
  /** Index of the one shown. */
  at: number;
  onShow: (at: number) => void;
  onInterrupt: () => void;
  /** Ask the same question once more. */
  onAgain: (question: string) => void;
  empty: ReactNode;
}

const ENDINGS: Partial<Record<NonNullable<Answer['finish']>, string>> = {
  interrupted: 'Stopped. What had arrived is kept.',
  error: 'The provider broke off. What had arrived is kept.',
  length: 'Cut at the length limit of the model.',
};

function Pager({ answers, at, onShow }: Pick<Props, 'answers' | 'at' | 'onShow'>) {
  return (
    <nav aria-label="Questions of this session" className="flex items-center gap-1">
      <Button look="ghost" size="icon" aria-label="Previous question" disabled={at <= 0} onClick={() => onShow(at - 1)}>
        <ChevronLeft aria-hidden="true" />
      </Button>
      <span className="text-sm font-semibold whitespace-nowrap text-faint tabular-nums">
        {at + 1} of {answers.length}
      </span>
      <Button look="ghost" size="icon" aria-label="Next question" disabled={at >= answers.length - 1} onClick={() => onShow(at + 1)}>
        <ChevronRight aria-hidden="true" />
      </Button>
    </nav>
  );
}

/** What the server had kept when it went down, and the way on. */
export function CutOff({ onAgain }: { onAgain: () => void }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <p className="font-medium text-soft">Cut off: the server stopped in the middle. What had arrived is kept.</p>
      <Button look="secondary" size="sm" onClick={onAgain}>
        <RotateCcw aria-hidden="true" />
        Ask again
      </Button>
    </div>
  );
}

function Foot({ answer }: { answer: Answer }) {
  const name = answer.provider === 'outline' ? 'Built in, from your profile' : engineName(answer.provider);
  const provider = answer.model && answer.model !== answer.provider ? `${name}, ${answer.model}` : name;
  return (
    <footer className="grid gap-2 border-t border-line pt-3 text-sm text-faint">
      {answer.finish && ENDINGS[answer.finish] && <p className="font-medium text-soft">{ENDINGS[answer.finish]}</p>}
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <LatencyBar latency={answer.latency} />
        <p>
          {provider}
          {answer.replaced.length > 0 && ` (${answer.replaced.join(', ')} did not answer)`}
        </p>
      </div>
    </footer>
  );
}

/** Said in place of an answer that would only say the talking points again. */
export function OutlineOnly() {
  return (
    <p className="text-soft">
      These points say all that your profile has on this.{' '}
      <Link href="/settings/#providers" className="font-semibold text-accent underline underline-offset-4">
        Have a language model write answers
      </Link>
    </p>
  );
}

/** The question being answered: talking points with their sources first, then the answer as it streams. */
export function AnswerPanel({ answers, at, onShow, onInterrupt, onAgain, empty }: Props) {
  const answer = answers[at];
  if (!answer) return <div className="mx-auto grid h-full w-full max-w-3xl content-center px-4 py-8 sm:px-8">{empty}</div>;
  const running = answer.finish === null;
  const outlineOnly = repeatsPoints(answer.text, answer.points);
  const draft = withoutPoints(markUnsupported(answer.text, answer.unsupported), answer.points);
  const overtaken = answer.finish === 'superseded';

  async function copy() {
    try {
      await navigator.clipboard.writeText(answer!.text);
      toast('The answer is copied.');
    } catch {
      toast('The browser did not allow copying.', true);
    }
  }

  return (
    <article
      aria-label={`Answer to: ${answer.question}`}
      className={`mx-auto grid w-full max-w-3xl content-start px-4 sm:px-8 ${answer.lead ? 'gap-4 py-2 sm:gap-5 sm:py-5' : 'gap-6 py-5 sm:py-7'} ${overtaken ? 'opacity-60' : ''}`}
      data-answer={running ? 'running' : answer.finish}
    >
      <QuestionCard
        number={answer.number}
        question={answer.question}
        kind={answer.kind}
        eager={running && answer.eager}
        brief={answer.lead !== ''}
        actions={
          <div className="-mr-2 flex items-center gap-1 sm:gap-2">
            {answers.length > 1 && <Pager answers={answers} at={at} onShow={onShow} />}
            {answer.text && !running && (
              <Button look="ghost" size="icon" aria-label="Copy the answer" onClick={() => void copy()}>
                <Copy aria-hidden="true" />
              </Button>
            )}
            {running && (
              <Button look="secondary" size="sm" onClick={onInterrupt} className="mr-2">
                <Square aria-hidden="true" className="fill-current" />
                Stop <kbd className="ml-1 hidden rounded bg-sunken px-1.5 text-xs text-soft sm:inline">Esc</kbd>
              </Button>
            )}
          </div>
        }
      />
      {answer.lead && <Prompter lead={answer.lead} keys={answer.keys} />}
      {answer.points.length > 0 && <Outline points={answer.points} />}
      {outlineOnly ? <OutlineOnly /> : (draft || running) && <AnswerText text={draft} running={running} />}
      {answer.cutOff && <CutOff onAgain={() => onAgain(answer.question)} />}
      <Foot answer={answer} />
    </article>
  );
}
