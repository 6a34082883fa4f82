import { describe, expect, it } from 'vitest';
import { layOut, repeatsPoints, withoutPoints } from '@/lib/outline';
import type { OutlinePoint } from '@/types/session';

const point = (text: string, quote: string, field: OutlinePoint['source']['field'] = 'context', label?: string): OutlinePoint => ({
  text,
  source: { field, quote },
  ...(label && { label }),
});

describe('layOut', () => {
  it('takes label and quote out of the text', () => {
    expect(layOut(point('Result: End on it: “The close fell to 35 minutes.”', 'The close fell to 35 minutes.', 'context', 'Result'))).toEqual({
      label: 'Result',
      before: 'End on it:',
      quote: 'The close fell to 35 minutes.',
      after: '',
      inline: true,
      field: 'context',
    });
  });

  it('finds a label that stands only in the text', () => {
    expect(layOut(point('Situation: “A”', 'A'))).toMatchObject({ label: 'Situation', before: '', quote: 'A', inline: true });
  });

  it('keeps what follows the quote', () => {
    expect(layOut(point('Experience: “8” years', '8', 'yearsExperience'))).toMatchObject({ before: '', quote: '8', after: 'years' });
  });

  it('matches a quote that was broken over lines', () => {
    expect(layOut(point('Action: “one two three”', 'one\n  two three'))).toMatchObject({ quote: 'one two three', inline: true });
  });

  it('shows a quote below a text that does not hold it', () => {
    expect(layOut(point('Speak of the ledger', 'Led the migration'))).toMatchObject({ before: 'Speak of the ledger', quote: 'Led the migration', inline: false });
  });

  it('quotes nothing for advice on form', () => {
    expect(layOut(point('Close: Stop after a minute.', 'Why us?', 'question', 'Close'))).toMatchObject({ before: 'Stop after a minute.', quote: null });
  });
});

describe('repeatsPoints', () => {
  const points = [point('Situation: “A b c”', 'A b c'), point('Close: Stop.', 'q', 'question')];
  it('knows an answer that is the points again', () => {
    expect(repeatsPoints('- Situation: “A b c”\n- Close: Stop.', points)).toBe(true);
  });
  it('knows an answer of its own', () => {
    expect(repeatsPoints('I would say a b c.', points)).toBe(false);
    expect(repeatsPoints('anything', [])).toBe(false);
  });
});

describe('an answer beside its talking points', () => {
  const points = [
    { text: 'Situation: “The ledger was down.”', label: 'Situation', source: { field: 'context', quote: 'The ledger was down.' } },
    { text: 'Say in one sentence what was yours to do.', label: 'Task', source: { field: 'question', quote: '' } },
  ] as OutlinePoint[];

  it('leaves out the list of what the points say already, and its heading', () => {
    const answer = 'The ledger was down. I led the repair.\n\nTo add in your own words:\n- Task: Say in one sentence what was yours to do.';
    expect(withoutPoints(answer, points)).toBe('The ledger was down. I led the repair.');
  });

  it('keeps a heading whose list says something new', () => {
    const answer = 'First.\n\nThree things:\n- Rehearse.\n- Measure.';
    expect(withoutPoints(answer, points)).toBe(answer);
  });
});
