/** What is inside a ZIP: a Word or OpenDocument text, or what LinkedIn sends of a profile. */
import { unzipSync } from 'fflate';
import { readDocx, readOdt } from './docx';
import { readExport } from './linkedin';
import { Unreadable, type Resume } from './read';

const ENTRY_MAX = 16 * 1024 * 1024; // what one part may unpack to, in [bytes]
const WANTED = /^(word\/(document|header\d*|footer\d*)\.xml|content\.xml|(.*\/)?[A-Z][\w ]*\.csv)$/;

export function readZip(bytes: Uint8Array): Resume {
  const names: string[] = [];
  let parts: Record<string, Uint8Array>;
  try {
    parts = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        names.push(name);
        return WANTED.test(name) && originalSize <= ENTRY_MAX;
      },
    });
  } catch {
    throw new Unreadable('That archive or document is damaged, cut off or locked. Save it once more without a password.');
  }
  const text = (name: string) => new TextDecoder().decode(parts[name]);
  if (parts['word/document.xml']) return readDocx(Object.keys(parts).filter((name) => name.startsWith('word/')), text);
  if (parts['content.xml']) return readOdt(text('content.xml'));
  if (names.some((name) => /\.csv$/i.test(name))) return readExport(Object.keys(parts).map((name) => [name, text(name)]));
  throw new Unreadable('That archive holds neither a document nor a LinkedIn export. Take the résumé out of it and drop that.');
}
