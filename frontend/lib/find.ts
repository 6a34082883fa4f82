/** Words found in a session in place, and marked on the screen. */
import type { Transcript } from '../types/session';

const plain = (text: string) => text.toLocaleLowerCase();

/** What a row shows, and so may be found in. */
function textOf(pair: Transcript): string {
  const outline = pair.outline?.flatMap((point) => [point.text, point.source?.quote ?? '']) ?? [];
  return plain([pair.question, pair.heard ?? '', pair.lead ?? '', ...outline, pair.answer].join('\n'));
}

/** The rows that have these words, as they are typed; none without any. */
export function findIn(pairs: Transcript[], words: string): number[] {
  const wanted = plain(words.trim());
  return wanted === '' ? [] : pairs.flatMap((pair, at) => (textOf(pair).includes(wanted) ? [at] : []));
}

const NAME = 'found';

/** Marks each place of the words below a node, without touching it (CSS Custom Highlight API); a browser without that shows no marks. */
export function markFound(within: Node, words: string): void {
  if (typeof Highlight === 'undefined') return;
  const wanted = plain(words.trim());
  if (wanted === '') return void CSS.highlights.delete(NAME);
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = plain(node.nodeValue ?? '');
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      const range = new Range();
      range.setStart(node, Math.min(at, node.nodeValue!.length));
      range.setEnd(node, Math.min(at + wanted.length, node.nodeValue!.length));
      ranges.push(range);
    }
  }
  CSS.highlights.set(NAME, new Highlight(...ranges));
}
