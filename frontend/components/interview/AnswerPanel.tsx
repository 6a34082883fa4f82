'use client';

import { ArrowDown } from 'lucide-react';
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { Button } from '@/components/ui/button';
import type { Answer } from '@/lib/live';
import type { AnswerProps } from './AnswerArticle';

const load = () => import('./AnswerArticle').then((m) => ({ default: m.AnswerArticle }));
const AnswerArticle = lazy(load); // fetched right after the screen is there, long before the first question

const FOLLOWS = '(min-height: 700px)'; // where the line to say stays in sight above what scrolls
const beyond = (box: HTMLElement) => box.scrollHeight - box.scrollTop - box.clientHeight >= 48;

/**
 * Keeps the end of what is being written in sight; whoever scrolls by hand reads, and is left there. `box` goes on what scrolls; `away` says that
 * there is more below, and follow() goes there.
 */
function useFollow(answer: Answer | undefined): { box: RefObject<HTMLElement | null>; away: boolean; follow: () => void } {
  const box = useRef<HTMLElement>(null);
  const left = useRef(false);
  const [away, setAway] = useState(false);
  const id = answer?.id;
  const running = answer?.finish === null;
  useEffect(() => {
    const scroller = box.current;
    if (!scroller) return;
    scroller.scrollTo({ top: 0 });
    left.current = false;
    const note = () => {
      if (!beyond(scroller)) left.current = false;
      setAway(beyond(scroller));
    };
    const leave = () => {
      left.current = true;
    };
    const byHand = ['wheel', 'touchmove', 'keydown'] as const;
    scroller.addEventListener('scroll', note, { passive: true });
    for (const kind of byHand) scroller.addEventListener(kind, leave, { passive: true });
    return () => {
      scroller.removeEventListener('scroll', note);
      for (const kind of byHand) scroller.removeEventListener(kind, leave);
    };
  }, [id]);
  useEffect(() => {
    const scroller = box.current;
    if (!scroller) return;
    if (running && !left.current && matchMedia(FOLLOWS).matches) scroller.scrollTo({ top: scroller.scrollHeight });
    else setAway(beyond(scroller));
  }, [id, answer?.text, running]);
  const follow = () => {
    left.current = false;
    box.current?.scrollTo({ top: box.current.scrollHeight, behavior: 'smooth' });
  };
  return { box, away, follow };
}

/** The question being answered, or what stands there before the first one. */
export function AnswerPanel({ empty, ...shown }: AnswerProps & { empty: ReactNode }) {
  const answer = shown.answers[shown.at];
  const { box, away, follow } = useFollow(answer);
  useEffect(() => void load(), []);

  return (
    <div className="relative grid min-h-0 grid-rows-[minmax(0,1fr)]">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <section ref={box} aria-label="Question and answer" tabIndex={0} className="min-h-0 overflow-y-auto overscroll-contain">
        {answer ? (
          <Suspense>
            <AnswerArticle {...shown} />
          </Suspense>
        ) : (
          <div className="mx-auto grid min-h-full w-full max-w-3xl content-center px-4 py-4 sm:px-8 tall:py-8">{empty}</div>
        )}
      </section>
      {answer && away && (
        <Button look="secondary" size="sm" onClick={follow} className="absolute end-3 bottom-2 z-20 opacity-90 shadow-card">
          <ArrowDown aria-hidden="true" />
          <span className="max-sm:sr-only">{answer.finish === null ? 'Jump to newest' : 'More below'}</span>
        </Button>
      )}
    </div>
  );
}
