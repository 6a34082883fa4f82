/**
 * What of an answer neither profile, posting nor dialogue supports, marked in its text.
 *
 *     const marked = markUnsupported(answer.text, answer.unsupported);
 *     for (const part of splitUnsupported(marked)) part.why ? <Unsupported why={part.why}>…
 *
 * Spans of the wire count bytes of the whole answer. The page leaves lines and marks of it out before it shows the rest, so the spans are
 * put into the text itself, as characters of the private use area, which are no letters to anything that works on it.
 */
import type { Schemas } from '../types/session';
import { bytesToUnits } from './live';

export type UnsupportedSpan = Schemas['UnsupportedSpan'];
export type Why = UnsupportedSpan['why'];

const BEGIN: Record<Why, string> = { number: '\uE000', name: '\uE001', employer: '\uE002' };
const END = '\uE003';
const MARKED = /[\uE000-\uE002][^\uE000-\uE003]*\uE003/;
const WHYS: Record<string, Why> = { [BEGIN.number]: 'number', [BEGIN.name]: 'name', [BEGIN.employer]: 'employer' };

/** Spans that the text has not reached yet are left for the next delta. */
export function markUnsupported(text: string, spans: UnsupportedSpan[]): string {
  let marked = '';
  let at = 0;
  for (const { start, end, why } of spans) {
    const [from, to] = [bytesToUnits(text, start), bytesToUnits(text, end)];
    if (from < at || to <= from || !(why in BEGIN)) continue; // an imported session may say anything
    marked += plain(text.slice(at, from)) + BEGIN[why] + plain(text.slice(from, to)) + END;
    at = to;
  }
  return marked + plain(text.slice(at));
}

const plain = (text: string) => text.replace(/[\uE000-\uE003]/g, '\uFFFD');

export function splitUnsupported(marked: string): { text: string; why: Why | null }[] {
  const parts: { text: string; why: Why | null }[] = [];
  let rest = marked;
  for (let found = MARKED.exec(rest); found; found = MARKED.exec(rest)) {
    if (found.index > 0) parts.push({ text: rest.slice(0, found.index), why: null });
    parts.push({ text: found[0].slice(1, -1), why: WHYS[found[0][0]!]! });
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest !== '') parts.push({ text: rest, why: null });
  return parts;
}

/** The words in doubt that a marked text still shows, each once. */
export function unsupportedWords(marked: string): string[] {
  return [...new Set(splitUnsupported(marked).flatMap((part) => (part.why ? [part.text] : [])))];
}
