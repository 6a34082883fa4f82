/**
 * The text of a PDF, by pdf.js: in a worker, without fonts, pictures, scripts or forms.
 *
 * The pieces of text come in the order they were written in; a new line is where the writer says so or where they jump, a blank one where the
 * jump is larger than a line.
 */
import type { TextItem } from 'pdfjs-dist/types/src/display/api';
import { Unreadable, type Resume } from './read';

const PAGES_MAX = 60;
const BLANK_LINE = 1.7; // a jump of so many lines leaves one blank
const SAME_LINE = 0.5;
const LONE_BULLET = /^[\u2022\u25cf\u25cb\u25aa\u25e6\u2023\u2043\u00b7\uf0b7\uf0a7\u2013-]$/;

/** What symbol fonts and typesetters put in place of letters: bullets, ligatures, and radicals for the Chinese signs that look the same. */
export function plain(text: string): string {
  return text.replace(/[\uf0b7\uf0a7]/g, '•').replace(/[\ufb00-\ufb06\u2e80-\u2fd5]/g, (sign) => sign.normalize('NFKC'));
}

interface Line {
  text: string;
  y: number;
  height: number;
}

function addItem(lines: Line[], item: TextItem, fresh: boolean): void {
  const [y, height] = [item.transform[5] as number, item.height || 10];
  const last = lines.at(-1);
  if (!fresh && last && Math.abs(last.y - y) < SAME_LINE * Math.max(last.height, height)) last.text += item.str;
  else lines.push({ text: item.str, y, height });
}

function pageText(items: TextItem[]): string {
  const lines: Line[] = [];
  let fresh = true;
  for (const item of items) {
    if (item.str !== '') addItem(lines, item, fresh);
    fresh = item.str === '' ? fresh || item.hasEOL : item.hasEOL;
  }
  let text = '';
  let before: Line | null = null;
  for (const line of lines) {
    if (before) {
      const jump = Math.abs(before.y - line.y) / Math.max(before.height, line.height, 1);
      if (LONE_BULLET.test(before.text.trim()) && jump < 1) text += ' ';
      else text += jump > BLANK_LINE ? '\n\n' : '\n';
    }
    text += line.text;
    before = line;
  }
  return text;
}

/** pdf.js with its own worker; where there is none (tests), it works in this thread. */
async function library() {
  const pdfjs = await import('pdfjs-dist/legacy/build/pdf.mjs');
  if (typeof Worker !== 'undefined') pdfjs.GlobalWorkerOptions.workerSrc = '/pdf/worker.js';
  return pdfjs;
}

function refuse(error: unknown): never {
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasswordException') throw new Unreadable('That PDF is locked with a password. Open it, print or save it as a PDF without one, and drop that.');
  if (name === 'InvalidPDFException' || name === 'FormatError' || name === 'MissingPDFException')
    throw new Unreadable('That PDF is damaged or cut off. Save it once more from the program it was written in.');
  throw error;
}

export async function readPdf(bytes: Uint8Array): Promise<Resume> {
  const pdfjs = await library();
  const task = pdfjs.getDocument({
    data: bytes.slice(), // pdf.js takes what it is given away
    cMapUrl: '/pdf/cmaps/',
    cMapPacked: true,
    disableFontFace: true,
    useSystemFonts: false,
    useWorkerFetch: false,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
  });
  try {
    const pdf = await task.promise;
    if (pdf.numPages > PAGES_MAX) throw new Unreadable(`That PDF has ${pdf.numPages} pages; a résumé of up to ${PAGES_MAX} is read.`);
    const pages: string[] = [];
    for (let n = 1; n <= pdf.numPages; n += 1) {
      const { items } = await (await pdf.getPage(n)).getTextContent();
      pages.push(pageText(items.filter((item): item is TextItem => 'str' in item)));
    }
    const text = plain(pages.join('\n\n'));
    if (text.trim() === '')
      throw new Unreadable('That PDF holds pictures of its pages but no text: it was scanned. Save it as a PDF from the program it was written in, or paste the text.');
    return { text, known: {} };
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    return refuse(error);
  } finally {
    await task.destroy();
  }
}
