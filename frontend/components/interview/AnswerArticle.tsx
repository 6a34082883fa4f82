'use client';

import { ChevronDown, ChevronLeft, ChevronRight, Copy, RotateCcw, Square } from 'lucide-react';
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

export interface AnswerProps {
  answers: Answer[];
  /** Index of the one shown. */
  at: number;
  /** The answers' connection is there: a running answer may still grow. */
  connected: boolean;
  /** What goes on behind the answer that is read. */
  strip: ReactNode;
  onShow: (at: number) => void;
  onInterrupt: () => void;
  /** Ask the same question once more, in its place. */
  onAgain: (answer: Answer) => void;
}

const ENDINGS: Partial<Record<NonNullable<Answer['finish']>, string>> = {
  interrupted: 'Stopped. What had arrived is kept.',
  superseded: 'The next question came before it was finished. What had arrived is kept.',
  error: 'The provider broke off. What had arrived is kept.',
  length: 'Cut at the length limit of the model.',
};

function Pager({ answers, at, onShow }: Pick<AnswerProps, 'answers' | 'at' | 'onShow'>) {
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
  const failed = answer.replaced.filter((one) => one !== 'outline' && one !== answer.provider); // the built-in one only stood in for the model
  const provider = answer.model && answer.model !== answer.provider ? `${name}, ${answer.model}` : name;
  return (
    <footer className="grid gap-2 border-t border-line pt-3 text-sm text-faint">
      {answer.finish && ENDINGS[answer.finish] && <p className="font-medium text-soft">{ENDINGS[answer.finish]}</p>}
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <LatencyBar latency={answer.latency} />
        <p>
          {provider}
          {failed.length > 0 && ` (${failed.map(engineName).join(', ')} did not answer)`}
        </p>
      </div>
    </footer>
  );
}

/** Said in place of an answer that would only say the talking points again. */
function OutlineOnly() {
  return (
    <p className="text-soft">
      These points say all that your profile has on this.{' '}
      <Link href="/settings/#providers" className="font-semibold text-accent underline underline-offset-4">
        Have a language model write answers
      </Link>
    </p>
  );
}

/** The points and what they quote, out of the way of an answer that was written from them. */
function Sources({ points }: { points: Answer['points'] }) {
  return (
    <details className="group">
      <summary className="flex min-h-11 list-none items-center gap-2 font-semibold text-soft [&::-webkit-details-marker]:hidden">
        <ChevronDown aria-hidden="true" className="size-5 transition-transform group-open:rotate-180" />
        Talking points and sources ({points.length})
      </summary>
      <div className="pt-2">
        <Outline points={points} />
      </div>
    </details>
  );
}

/** Read out sentence by sentence as they are complete; an answer from before this visit is not. */
function Announced({ answer }: { answer: Answer }) {
  if (answer.id.startsWith('kept-')) return null;
  const written = answer.finish === null ? answer.text.slice(0, answer.text.search(/[.!?…。](?=\s[^.!?…。]*$)/) + 1) : answer.text;
  const sentences = written.split(/(?<=[.!?…。])\s+/).filter((s) => s.trim() !== '');
  return (
    <div key={answer.id} role="log" aria-live="polite" aria-label="The answer, read out" className="sr-only">
      {answer.lead && <p>{answer.lead}</p>}
      {sentences.map((sentence, at) => (
        <p key={at}>{sentence}</p>
      ))}
    </div>
  );
}

/** One question and its answer: the line to say and its key phrases, then the answer as it streams, then what it stands on. */
export function AnswerArticle({ answers, at, connected, strip, onShow, onInterrupt, onAgain }: AnswerProps) {
  const shown = answers[at]!;

  async function copy(text: string) {
    try {
      await navigator.clipboard.writeText(text);
      toast('The answer is copied.');
    } catch {
      toast('The browser did not allow copying.', true);
    }
  }

  const running = shown.finish === null && connected;
  const outlineOnly = repeatsPoints(shown.text, shown.points);
  const draft = withoutPoints(markUnsupported(shown.text, shown.unsupported), shown.points);
  const written = !outlineOnly && shown.provider !== 'outline' && draft !== '' && shown.lead !== '';
  return (
    <article aria-label={`Answer to: ${shown.question}`} className="mx-auto grid w-full max-w-3xl grid-cols-[minmax(0,1fr)] content-start px-4 pb-5 sm:px-8" data-answer={running ? 'running' : (shown.finish ?? 'waiting')}>
      <div className="z-10 grid gap-1.5 bg-paper pt-2 pb-3 short:gap-1 short:pt-1 tall:sticky tall:top-0 tall:gap-2.5 tall:sm:pt-4">
        {strip}
        <QuestionCard
          number={shown.number}
          question={shown.question}
          heard={shown.heard}
          kind={shown.kind}
          eager={running && shown.eager}
          brief={shown.lead !== ''}
          crowded={strip !== null}
          actions={
            <div className="-me-2 flex items-center gap-1 sm:gap-2">
              {answers.length > 1 && <Pager answers={answers} at={at} onShow={onShow} />}
              {!running && (
                <Button look="ghost" size="icon" aria-label="Answer it again" onClick={() => onAgain(shown)}>
                  <RotateCcw aria-hidden="true" />
                </Button>
              )}
              {shown.text && !running && (
                <Button look="ghost" size="icon" aria-label="Copy the answer" onClick={() => void copy(shown.text)}>
                  <Copy aria-hidden="true" />
                </Button>
              )}
              {running && (
                <Button look="secondary" size="sm" onClick={onInterrupt} className="me-2">
                  <Square aria-hidden="true" className="fill-current" />
                  Stop <kbd className="ml-1 hidden rounded bg-sunken px-1.5 text-xs text-soft sm:inline">Esc</kbd>
                </Button>
              )}
            </div>
          }
        />
        {shown.lead && <Prompter live lead={shown.lead} keys={shown.keys} />}
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
        {shown.points.length > 0 && !written && <Outline points={shown.points} />}
        {outlineOnly ? <OutlineOnly /> : (draft || running) && <AnswerText text={draft} running={running} />}
        {shown.finish === null && !connected && <p className="font-medium text-soft">The connection is away. What had arrived is kept, and the rest follows when it is back.</p>}
        {shown.points.length > 0 && written && <Sources points={shown.points} />}
        {shown.cutOff && <CutOff onAgain={() => onAgain(shown)} />}
        <Foot answer={shown} />
      </div>
      <Announced answer={shown} />
    </article>
  );
}
