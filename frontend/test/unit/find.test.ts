// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { findIn, markFound } from '@/lib/find';
import type { Transcript } from '@/types/session';

const pair = (question: string, answer = '', more: Partial<Transcript> = {}) => ({ question, answer, ...more }) as Transcript;

describe('searching in a session', () => {
  it('finds the rows that have the words, in any of what they show', () => {
    const pairs = [
      pair('Why did you leave Acme?', 'Because of the ledger.'),
      pair('Was ist ein Größenvergleich?'),
      pair('And then?', '', { heard: 'And Zen?', lead: 'We moved the ledger first', outline: [{ text: 'Say why', source: { field: 'context', quote: '11 minutes of downtime' } }] }),
    ];
    expect(findIn(pairs, 'LEDGER')).toEqual([0, 2]);
    expect(findIn(pairs, 'größen')).toEqual([1]);
    expect(findIn(pairs, '11 minutes')).toEqual([2]);
    expect(findIn(pairs, 'and zen')).toEqual([2]);
    expect(findIn(pairs, 'nowhere')).toEqual([]);
    expect(findIn(pairs, '  ')).toEqual([]);
  });

  it('marks each place, and none without words', () => {
    const marks = new Map<string, { size: number }>();
    class Marks extends Set<Range> {
      constructor(...ranges: Range[]) {
        super(ranges);
      }
    }
    Object.assign(globalThis, { Highlight: Marks, CSS: { highlights: marks } });
    document.body.innerHTML = '<p>The ledger, the <b>Ledger</b>.</p>';
    markFound(document.body, 'ledger');
    expect([...(marks.get('found') as unknown as Set<Range>)].map((range) => range.toString())).toEqual(['ledger', 'Ledger']);
    markFound(document.body, '');
    expect(marks.size).toBe(0);
  });
});
