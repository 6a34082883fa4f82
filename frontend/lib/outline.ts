/**
 * How a talking point of the wire is laid out: its label, the advice around the quote, and the quote itself once.
 *
 * The server's text reads well on its own ('Result: End on it: “The close fell to 35 minutes”'); on the screen the label and the marked
 * quote are shown for themselves, so they are taken out of the text.
 */
import type { OutlinePoint } from '../types/session';

export interface LaidOutPoint {
  label: string | null;
  before: string;
  /** null for a point that only gives advice on form. */
  quote: string | null;
  after: string;
  /** The quote stands in the text (false: it is shown below it). */
  inline: boolean;
  field: string;
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

function splitLabel(point: OutlinePoint): [string | null, string] {
  const text = oneLine(point.text);
  const label = point.label ?? /^(\p{Lu}[\p{L} ]{1,24}): /u.exec(text)?.[1] ?? null;
  if (label === null) return [null, text];
  return [label, text.toLowerCase().startsWith(`${label.toLowerCase()}:`) ? text.slice(label.length + 1).trim() : text];
}

export function layOut(point: OutlinePoint): LaidOutPoint {
  const [label, text] = splitLabel(point);
  const { field } = point.source;
  const quote = oneLine(point.source.quote);
  if (field === 'question' || quote === '') return { label, before: text, quote: null, after: '', inline: false, field };
  const bareQuote = quote.replace(/[.!;,]$/, '');
  const found = text.includes(quote) ? quote : bareQuote;
  const at = text.indexOf(found);
  if (at < 0) return { label, before: text, quote, after: '', inline: false, field };
  const before = text.slice(0, at).replace(/[“"]\s*$/, '').trim();
  const after = text.slice(at + found.length).replace(/^\s*[”"]/, '').replace(/^[.]$/, '').trim();
  return { label, before, quote, after, inline: true, field };
}

const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();

/**
 * An answer without what the talking points above it say already: the built-in draft ends with a list of the points that only the person can
 * fill in. A heading ("To add in your own words:") goes with its list. '' when nothing is left.
 */
export function withoutPoints(answer: string, points: OutlinePoint[]): string {
  const said = new Set(points.flatMap((p) => [bare(p.text), bare(`${p.label ?? ''} ${p.text}`)]));
  const blocks = answer.split(/\n{2,}/).map((block) => {
    const lines = block.split('\n');
    const kept = lines.filter((line) => !said.has(bare(line)));
    const headingAlone = kept.length < lines.length && kept.every((line) => line.trim().endsWith(':'));
    return headingAlone ? '' : kept.join('\n');
  });
  return blocks.filter((block) => block.trim() !== '').join('\n\n');
}

/** True when an answer says nothing that the points don't: the built-in outline answering for want of a model. */
export function repeatsPoints(answer: string, points: OutlinePoint[]): boolean {
  let rest = ` ${bare(answer)} `;
  if (points.length === 0) return false;
  for (const point of points) {
    const text = ` ${bare(point.text)} `;
    if (!rest.includes(text)) return false;
    rest = rest.replace(text, ' ');
  }
  return rest.trim().split(' ').length < 12;
}
