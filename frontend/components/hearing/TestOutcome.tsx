import type { Schemas } from '@/types/session';
import { milliseconds } from '@/lib/utils';

/** What a recogniser made of the sentence that it was given. */
export function TestOutcome({ test }: { test: Schemas['RecogniserTest'] }) {
  if (!test.works) return <p className="font-medium text-live">{test.why}</p>;
  if (test.heard === '') return <p className="font-medium text-live">It answers, but heard nothing of “{test.said}”</p>;
  return (
    <p className="font-medium text-accent">
      It heard {test.right} of {test.words} words in {milliseconds(test.tookMs)}: <span className="font-normal text-soft">“{test.heard}”</span>
    </p>
  );
}
