/** The text of a Word or OpenDocument file: paragraph by paragraph, lists with bullets, what was deleted left out. */
import { Unreadable, type Resume } from './read';

const SKIPPED = new Set(['w:del', 'w:moveFrom', 'mc:Fallback', 'w:instrText', 'w:delText', 'w:footnoteReference', 'office:annotation', 'text:tracked-changes']);

function parse(xml: string): Document {
  const document = new DOMParser().parseFromString(xml, 'application/xml');
  if (document.getElementsByTagName('parsererror').length > 0) throw new Unreadable('That document is damaged. Save it once more from the program it was written in.');
  return document;
}

/** The words of one paragraph; paragraphs inside it (text boxes) are lines of their own. */
function wordsOf(node: Element): string {
  let text = '';
  for (const child of node.childNodes) {
    if (child.nodeType === 3 && /^(w:t|text:)/.test(node.nodeName)) text += child.nodeValue ?? '';
    if (child.nodeType !== 1 || SKIPPED.has(child.nodeName)) continue;
    const name = child.nodeName;
    if (name === 'w:tab' || name === 'text:tab') text += '\t';
    else if (name === 'w:br' || name === 'w:cr' || name === 'text:line-break') text += '\n';
    else if (name === 'w:noBreakHyphen') text += '-';
    else if (name === 'text:s') text += ' '.repeat(Number((child as Element).getAttribute('text:c') ?? 1));
    else if (name === 'w:p') text += `\n${wordsOf(child as Element)}\n`;
    else text += wordsOf(child as Element);
  }
  return text;
}

/** Outermost elements of these names, in the order of the document. */
function* outermost(node: Element, names: Set<string>): Generator<Element> {
  for (const child of node.children) {
    if (SKIPPED.has(child.nodeName)) continue;
    if (names.has(child.nodeName)) yield child;
    else yield* outermost(child, names);
  }
}

const WORD = new Set(['w:p', 'w:tr']);
const first = (node: Element, name: string) => node.getElementsByTagName(name)[0];

function paragraph(p: Element): string {
  const style = first(p, 'w:pStyle')?.getAttribute('w:val') ?? '';
  const text = wordsOf(p).trim();
  if (text === '') return '';
  if (/^(heading|title|berschrift|titre|t[ií]tulo)/i.test(style)) return `\n${text}`;
  return first(p, 'w:numPr') || /list ?(bullet|number)/i.test(style) ? `- ${text}` : text;
}

/** The cells of a row side by side when each is a line, as in "2019 – 2023 | Acme"; else one under the other. */
function row(tr: Element): string {
  const cells = [...outermost(tr, new Set(['w:tc']))].map((cell) => [...outermost(cell, WORD)].map(block).filter(Boolean).join('\n'));
  const told = cells.filter((cell) => cell.trim() !== '');
  return told.some((cell) => cell.includes('\n')) ? told.join('\n') : told.join(' | ');
}

function block(node: Element): string {
  return node.nodeName === 'w:tr' ? row(node) : paragraph(node);
}

/** `parts`: the document with its headers and footers; a name often stands in a header. */
export function readDocx(parts: string[], text: (part: string) => string): Resume {
  const order = (part: string) => (part.includes('header') ? 0 : part.includes('document') ? 1 : 2);
  const pages = [...parts]
    .sort((a, b) => order(a) - order(b))
    .map((part) => [...outermost(parse(text(part)).documentElement, WORD)].map(block).join('\n').trim());
  const seen = new Set<string>(); // first, left and right pages have headers of their own that say the same
  return { text: pages.filter((page) => page !== '' && !seen.has(page) && seen.add(page)).join('\n\n'), known: {} };
}

function inList(p: Element): boolean {
  for (let node = p.parentElement; node; node = node.parentElement) if (node.nodeName === 'text:list-item') return true;
  return false;
}

export function readOdt(xml: string): Resume {
  const lines: string[] = [];
  for (const p of outermost(parse(xml).documentElement, new Set(['text:p', 'text:h']))) {
    const text = wordsOf(p).trim();
    if (p.nodeName === 'text:h') lines.push(`\n${text}`);
    else lines.push(text !== '' && inList(p) ? `- ${text}` : text);
  }
  return { text: lines.join('\n'), known: {} };
}
