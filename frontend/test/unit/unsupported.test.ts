import { describe, expect, it } from 'vitest';
import { withoutPoints } from '@/lib/outline';
import { markUnsupported, splitUnsupported, unsupportedWords } from '@/lib/unsupported';

const ANSWER = 'Ich leitete größere Teams. At Initech I cut it by 37 percent.';
const bytes = (text: string, word: string) => {
  const start = Buffer.byteLength(text.slice(0, text.indexOf(word)));
  return { start, end: start + Buffer.byteLength(word) };
};
const SPANS = [
  { ...bytes(ANSWER, 'größere'), why: 'name' as const },
  { ...bytes(ANSWER, 'Initech'), why: 'employer' as const },
  { ...bytes(ANSWER, '37'), why: 'number' as const },
];

describe('what nothing supports', () => {
  it('is found where the bytes of the wire say, also behind letters of several bytes', () => {
    const parts = splitUnsupported(markUnsupported(ANSWER, SPANS));
    expect(parts.filter((part) => part.why)).toEqual([
      { text: 'größere', why: 'name' },
      { text: 'Initech', why: 'employer' },
      { text: '37', why: 'number' },
    ]);
    expect(parts.map((part) => part.text).join('')).toBe(ANSWER);
  });

  it('waits for words that have not come yet, and ends where the text ends', () => {
    const soFar = ANSWER.slice(0, ANSWER.indexOf('itech'));
    expect(unsupportedWords(markUnsupported(soFar, SPANS))).toEqual(['größere', 'In']);
  });

  it('stays with its words when lines of the answer are left out', () => {
    const points = [{ text: 'Say what you learned', source: { field: 'question' as const, quote: 'q' } }];
    const text = `- Say what you learned\n${ANSWER}`;
    const spans = SPANS.map((span) => ({ ...span, start: span.start + 23, end: span.end + 23 }));
    expect(unsupportedWords(withoutPoints(markUnsupported(text, spans), points))).toEqual(['größere', 'Initech', '37']);
  });

  it('is not begun by what a model writes', () => {
    const odd = '\uE000not a mark\uE003';
    expect(splitUnsupported(markUnsupported(odd, []))).toEqual([{ text: '\uFFFDnot a mark\uFFFD', why: null }]);
  });

  it('passes over spans that make no sense', () => {
    expect(unsupportedWords(markUnsupported('one two', [{ start: 4, end: 4, why: 'name' }, { start: 4, end: 7, why: 'name' }, { start: 0, end: 3, why: 'name' }]))).toEqual(['two']);
  });
});
