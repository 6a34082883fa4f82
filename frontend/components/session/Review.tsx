'use client';

import { ChevronDown, ChevronUp, List } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { CutOff } from '@/components/interview/AnswerArticle';
import { QuestionCard } from '@/components/interview/QuestionCard';
import { AnswerText, Outline, Prompter } from '@/components/interview/ResponseStreaming';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Failure } from '@/components/ui/failure';
import { Input } from '@/components/ui/field';
import { rowProps, Windowed, type WindowedHandle } from '@/components/ui/windowed';
import { pieceOf, useSound, type Sound } from '@/hooks/useSound';
import { sentence } from '@/lib/api-client';
import { findIn, markFound } from '@/lib/find';
import { repeatsPoints, withoutPoints } from '@/lib/outline';
import { markUnsupported } from '@/lib/unsupported';
import { engineName, speakerName } from '@/lib/utils';
import { toast } from '@/components/ui/toast';
import type { Schemas, Transcript } from '@/types/session';
import { askAgain, CorrectDialog } from './CorrectDialog';
import { LatencyBar } from './LatencyBar';
import { Player } from './Player';
import { HearAgain } from './Recordings';

/** In place of what the server could not read; what lies beside it is right. */
const DAMAGED = 'This entry is damaged and cannot be read.';
const MANY = 4; // questions from which on one jumps instead of scrolling
const BELOW_BAR = 88; // a row that is shown stands below the search [px]

/** What was heard, where it was corrected, and the way to correct it. */
function Correction({ line, onCorrect }: { line: Transcript; onCorrect: () => void }) {
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-faint">
      {line.heard && <span>Heard: {line.heard}</span>}
      <button type="button" onClick={onCorrect} className="min-h-6 font-semibold text-accent underline-offset-4 hover:underline">
        Correct<span className="sr-only"> “{line.question}”</span>
      </button>
    </p>
  );
}

/** An answer to other words than those that stand above it. */
function Outdated({ pair }: { pair: Transcript }) {
  const [busy, setBusy] = useState(false);

  async function again() {
    setBusy(true);
    try {
      await askAgain(pair);
    } catch (error) {
      toast(sentence(error), true);
      setBusy(false);
    }
  }
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl bg-sunken p-3 text-sm">
      <p>This answer is one to the words that were heard first.</p>
      <Button look="secondary" size="sm" busy={busy} onClick={() => void again()}>
        Ask again
      </Button>
    </div>
  );
}

interface RowProps {
  pair: Transcript;
  sound: Sound;
  onAgain: () => void;
  onCorrect: () => void;
}

/** Words that wanted no answer, in their place between the questions. */
function Line({ pair: line, sound, onCorrect }: RowProps) {
  return (
    <div className="grid gap-1 px-5 sm:px-7">
      <p className="text-sm text-faint">
        {speakerName(line.speaker)}
        {line.cutOff && ', cut off'}
      </p>
      <p dir="auto" className="text-soft">
        {line.unreadable ? DAMAGED : line.question}
      </p>
      {!line.unreadable && <Correction line={line} onCorrect={onCorrect} />}
      <HearAgain sound={sound} audioUrl={line.audioUrl} what={line.question} />
    </div>
  );
}

function Pair({ pair, sound, onAgain, onCorrect }: RowProps) {
  return (
    <div className="grid gap-4 rounded-2xl border border-line bg-surface p-5 shadow-card sm:p-7">
      <QuestionCard number={pair.questionNumber} question={pair.unreadable && !pair.question ? DAMAGED : pair.question} kind={pair.kind ?? null} level="h2" />
      {!pair.unreadable && <Correction line={pair} onCorrect={onCorrect} />}
      <HearAgain sound={sound} audioUrl={pair.audioUrl} what={pair.question} />
      {pair.lead && <Prompter lead={pair.lead} keys={pair.keys ?? []} />}
      {pair.outline && pair.outline.length > 0 && <Outline points={pair.outline} />}
      {repeatsPoints(pair.answer, pair.outline ?? []) ? null : pair.answer ? (
        <AnswerText text={withoutPoints(markUnsupported(pair.answer, pair.unsupported ?? []), pair.outline ?? [])} />
      ) : (
        <p className="text-soft">No answer was made for this one. The words are kept as they were heard.</p>
      )}
      {pair.answerOutdated && <Outdated pair={pair} />}
      {pair.cutOff && <CutOff onAgain={onAgain} />}
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-line pt-3">
        <LatencyBar latency={pair.latency} />
        {pair.provider && (
          <p className="text-sm text-faint">
            {engineName(pair.provider)}
            {pair.model && pair.model !== pair.provider ? `, ${pair.model}` : ''}
          </p>
        )}
      </div>
    </div>
  );
}

/** About how high a row will be: lines of its text. What was not seen yet is never measured [px]. */
function guessHeight(pair: Transcript): number {
  const lines = (text: string, width: number) => Math.ceil(text.length / width);
  if (pair.isQuestion === false) return 90 + 26 * lines(pair.question, 80);
  const outline = pair.outline?.length ?? 0;
  return 230 + 34 * lines(pair.question, 50) + 33 * lines(pair.answer, 66) + 84 * outline + (pair.lead ? 140 : 0);
}

type Place = { pair: Transcript; at: number };

/** The questions in order, to jump to. */
function Questions({ questions, current, onShow }: { questions: Place[]; current: number; onShow: (at: number) => void }) {
  return (
    <ol className="grid gap-0.5 text-sm">
      {questions.map(({ pair, at }) => (
        <li key={pair.id} className="[contain-intrinsic-size:auto_2.75rem] [content-visibility:auto]">
          <button
            type="button"
            aria-current={at === current || undefined}
            onClick={() => onShow(at)}
            className="grid min-h-11 w-full grid-cols-[2rem_minmax(0,1fr)] content-center items-baseline gap-1 rounded-lg px-2 py-1 text-left text-soft hover:bg-sunken hover:text-ink aria-[current]:bg-accent-soft aria-[current]:text-ink"
          >
            <span className="text-faint tabular-nums">{pair.questionNumber}</span>
            <span dir="auto" className="line-clamp-2 leading-snug">
              {pair.question || DAMAGED}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

interface Props {
  pairs: Transcript[];
  recordings: Schemas['Recording'][];
  onAgain: (question: string) => void;
}

/** What was said and answered in a session: to read, to search in place, to jump in, and to hear in step with it. */
export function Review({ pairs, recordings, onAgain }: Props) {
  const sound = useSound();
  const list = useRef<WindowedHandle>(null);
  const box = useRef<HTMLDivElement>(null);
  const [correcting, setCorrecting] = useState<Transcript | null>(null);
  const [listing, setListing] = useState(false);
  const [words, setWords] = useState('');
  const [found, setFound] = useState(0); // which of the places found is shown
  const [heardAt, setHeardAt] = useState(-1); // the row that the player is at
  const questions = useMemo(() => pairs.flatMap((pair, at) => (pair.isQuestion === false ? [] : [{ pair, at }])), [pairs]);
  const places = useMemo(() => findIn(pairs, words), [pairs, words]);
  const [current, setCurrent] = useState(-1);
  const many = questions.length >= MANY;

  function show(at: number) {
    setListing(false);
    setCurrent(at);
    list.current?.show(at);
  }
  function showFound(n: number) {
    if (places.length === 0) return;
    const next = (n + places.length) % places.length;
    setFound(next);
    list.current?.show(places[next]!, false);
  }
  function key(event: KeyboardEvent) {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    showFound(found + (event.shiftKey ? -1 : 1));
  }

  const wanted = useRef(typeof location === 'undefined' ? '' : decodeURIComponent(location.hash.slice(1))); // of a search in the history
  useEffect(() => {
    const at = wanted.current ? pairs.findIndex((pair) => pair.id === wanted.current) : -1;
    if (at < 0) return;
    wanted.current = '';
    list.current?.show(at);
  }, [pairs]);

  const hear = useRef(-1);
  function heard(url: string, seconds: number, follow: boolean) {
    const at = pairs.findLastIndex((pair) => {
      const piece = pieceOf(pair.audioUrl);
      return piece !== null && piece.url === url && piece.from <= seconds + 0.1;
    });
    if (at === hear.current) return;
    hear.current = at;
    setHeardAt(at);
    if (follow && at >= 0) list.current?.show(at, false);
  }

  return (
    <div className={many ? 'grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_15rem]' : 'grid'}>
      <div ref={box} className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {many && (
          <div role="search" aria-label="In this session" className="sticky top-0 z-20 -mx-2 flex items-center gap-2 bg-paper px-2 py-3">
            <div className="min-w-0 flex-1">
              <Input
                type="search"
                label="Search in this session"
                quiet
                placeholder="Search in this session…"
                autoComplete="off"
                value={words}
                onKeyDown={key}
                onChange={(event) => {
                  setWords(event.target.value);
                  setFound(-1);
                }}
              />
            </div>
            {words.trim() !== '' && (
              <>
                <p role="status" className="text-sm whitespace-nowrap text-soft tabular-nums">
                  {places.length === 0 ? 'Nothing' : found < 0 ? `In ${places.length}` : `${found + 1} of ${places.length}`}
                </p>
                <Button look="ghost" size="icon" aria-label="Previous place" disabled={places.length === 0} onClick={() => showFound(found < 0 ? -1 : found - 1)}>
                  <ChevronUp aria-hidden="true" />
                </Button>
                <Button look="ghost" size="icon" aria-label="Next place" disabled={places.length === 0} onClick={() => showFound(found + 1)}>
                  <ChevronDown aria-hidden="true" />
                </Button>
              </>
            )}
            <Button look="secondary" aria-haspopup="dialog" onClick={() => setListing(true)} className="xl:hidden">
              <List aria-hidden="true" />
              <span className="max-sm:sr-only">Questions</span>
            </Button>
          </div>
        )}
        {sound.trouble && (
          <Failure>
            {sound.trouble}
          </Failure>
        )}
        <Windowed
          ref={list}
          label="Questions and answers"
          items={pairs}
          keyOf={(pair) => pair.id}
          guess={guessHeight}
          margin={many ? BELOW_BAR : 24}
          onRange={() => box.current && markFound(box.current, words)}
          render={(pair, at) => {
            const row = { pair, sound, onAgain: () => onAgain(pair.question), onCorrect: () => setCorrecting(pair) };
            return (
              <li {...rowProps(pair.id, at, pairs.length)} aria-current={at === heardAt || undefined} className="pb-5 outline-none aria-[current]:[&>div]:outline-2 aria-[current]:[&>div]:outline-accent focus-visible:[&>div]:outline-2 focus-visible:[&>div]:outline-accent">
                {pair.isQuestion === false ? <Line {...row} /> : <Pair {...row} />}
              </li>
            );
          }}
        />
        {recordings.length > 0 && <Player recordings={recordings} quiet={sound.playing !== null} onTime={heard} />}
      </div>
      {many && (
        <nav aria-label="Questions" className="sticky top-6 hidden max-h-[calc(100dvh-3rem)] overflow-y-auto overscroll-contain xl:block">
          <p aria-hidden="true" className="px-2 pb-2 text-sm font-semibold text-faint">
            Questions
          </p>
          <Questions questions={questions} current={current} onShow={show} />
        </nav>
      )}
      <Dialog open={listing} title="Questions" onClose={() => setListing(false)}>
        <div className="max-h-[60dvh] overflow-y-auto">
          <Questions questions={questions} current={current} onShow={show} />
        </div>
      </Dialog>
      <CorrectDialog line={correcting} onClose={() => setCorrecting(null)} />
    </div>
  );
}
