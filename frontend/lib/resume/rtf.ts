/**
 * The text of an RTF file (Rich Text Format 1.9): its words, paragraphs and bullets; fonts, pictures and everything marked as a destination of
 * its own are passed over.
 */
import type { Resume } from './read';

const DESTINATIONS = new Set(
  ('fonttbl colortbl stylesheet info pict object themedata colorschememapping latentstyles datastore listtable listoverridetable rsidtbl generator ' +
    'xmlnstbl footnote header footer headerl headerr headerf footerl footerr footerf filetbl revtbl fldinst bkmkstart bkmkend annotation pgptbl').split(' '),
);
const SIGNS: Record<string, string> = {
  par: '\n', line: '\n', sect: '\n\n', page: '\n\n', row: '\n', cell: ' | ', tab: '\t', emdash: '—', endash: '–', bullet: '•', lquote: '‘', rquote: '’',
  ldblquote: '“', rdblquote: '”', emspace: ' ', enspace: ' ',
}; // prettier-ignore
const TOKEN = /\\(?:'([0-9a-f]{2})|([a-z]+)(-?\d+)? ?|([^a-z]))|([{}])|([^\\{}\r\n]+)|[\r\n]+/giy;

interface Group {
  skip: boolean;
  /** Bytes that stand for a \u sign where it is not known, and are passed over here. */
  instead: number;
  /** The mark of a list item: "•" or "1.". */
  mark: boolean;
}

class Writer {
  text = '';
  page = 'windows-1252';
  private bytes: number[] = [];
  group: Group = { skip: false, instead: 1, mark: false };
  readonly outer: Group[] = [];
  private passing = 0;

  /** Bytes of the code page may be half of a letter: they are kept until something else comes. */
  byte(value: number): void {
    if (this.passing > 0) this.passing -= 1;
    else if (!this.group.skip) this.bytes.push(value);
  }
  flush(): void {
    if (this.bytes.length > 0) this.text += new TextDecoder(this.page).decode(new Uint8Array(this.bytes));
    this.bytes = [];
  }
  write(text: string): void {
    const rest = text.slice(this.passing);
    this.passing = Math.max(0, this.passing - text.length);
    this.flush();
    if (!this.group.skip) this.text += rest;
  }
  unicode(code: number): void {
    this.flush();
    if (!this.group.skip) this.text += String.fromCharCode(code < 0 ? code + 0x10000 : code);
    this.passing = this.group.instead;
  }
  open(): void {
    this.flush();
    this.outer.push({ ...this.group });
  }
  close(): void {
    this.flush();
    if (this.group.mark && !this.outer.at(-1)?.skip) this.text = `${this.text.trimEnd()}${this.text.trimEnd() === '' ? '' : '\n'}- `;
    this.group = this.outer.pop() ?? this.group;
    this.passing = 0;
  }
}

function page(number: number): string {
  const name = number === 65001 ? 'utf-8' : number === 932 ? 'shift_jis' : number === 936 ? 'gbk' : number === 949 ? 'euc-kr' : number === 950 ? 'big5' : `windows-${number}`;
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return 'windows-1252';
  }
}

function control(w: Writer, word: string, value: number | undefined): void {
  if (DESTINATIONS.has(word)) w.group.skip = true;
  else if (word === 'ansicpg') w.page = page(value ?? 1252);
  else if (word === 'mac') w.page = 'macintosh';
  else if (word === 'uc') w.group.instead = value ?? 1;
  else if (word === 'u' && value !== undefined) w.unicode(value);
  else if (word === 'listtext' || word === 'pntext') Object.assign(w.group, { skip: true, mark: true });
  else if (word in SIGNS) w.write(SIGNS[word]!);
}

/** RTF is ASCII; a byte beyond it, which some programs write, is one of the code page. */
function plain(byte: number): string {
  return byte < 0x80 ? String.fromCharCode(byte) : `\\'${byte.toString(16)}`;
}

export function readRtf(bytes: Uint8Array): Resume {
  const source = Array.from(bytes, plain).join('');
  const w = new Writer();
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(source); found; found = TOKEN.exec(source)) {
    const [, hex, word, number, sign, brace, text] = found;
    if (hex) w.byte(parseInt(hex, 16));
    else if (word) control(w, word.toLowerCase(), number === undefined ? undefined : Number(number));
    else if (sign === '*') w.group.skip = true;
    else if (sign === '~') w.write(' ');
    else if (sign === '_') w.write('-');
    else if (sign === '\n' || sign === '\r') w.write('\n');
    else if (sign && '\\{}'.includes(sign)) w.write(sign);
    else if (brace === '{') w.open();
    else if (brace === '}') w.close();
    else if (text) w.write(text);
  }
  w.flush();
  return { text: w.text, known: {} };
}
