/**
 * A résumé out of a file somebody has, read in the browser: nothing of the file leaves the machine.
 *
 *     const { text, known } = await readResume({ name: file.name, bytes });
 *
 * What a file is, its first bytes say; its name is believed only where they do not. Each form has a reader of its own, and those that need a
 * library (PDF, ZIP) bring it along when they are first used. A file that cannot be read ends in an Unreadable: one sentence with the way out.
 */
import type { ProfileInput } from '@/types/session';
import { decodeText } from './text';

export const FILE_MAX = 20 * 1024 * 1024; // [bytes]
export const TEXT_MAX = 65_536; // what a profile holds, in [bytes] of UTF-8

/** Why a file cannot be read, as a sentence for the person. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export interface ResumeFile {
  name: string;
  bytes: Uint8Array;
}

export interface Resume {
  /** What answers may quote: lines, bullets as "- ". */
  text: string;
  /** What the form itself says field by field; the rest is left to the reader of the text. */
  known: Partial<ProfileInput>;
}

const begins = (bytes: Uint8Array, mark: string, within = mark.length) => {
  const head = String.fromCharCode(...bytes.subarray(0, within));
  return within === mark.length ? head === mark : head.includes(mark);
};
const PDF_WITHIN = 1024; // a PDF may have other bytes in front of its mark
const OLD_OFFICE = '\xd0\xcf\x11\xe0';
const PICTURES = ['\x89PNG', '\xff\xd8\xff', 'GIF8', 'II*\0', 'MM\0*', 'BM'];

function asText({ name, bytes }: ResumeFile): Promise<Resume> | Resume {
  const text = decodeText(bytes);
  if (text === null) throw new Unreadable('That file holds no text that can be read. Save the résumé as PDF, .docx or .txt, or paste it.');
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const start = text.slice(0, 1000).trimStart();
  if (start.startsWith('{\\rtf')) return import('./rtf').then(({ readRtf }) => readRtf(bytes));
  if (/^(<!doctype html|<html|<head|<body)/i.test(start) || /^html?$/.test(ending)) return import('./html').then(({ readHtml }) => readHtml(text));
  if (start.startsWith('{') || ending === 'json') return import('./json').then(({ readJson }) => readJson(text));
  if (ending === 'csv') return import('./linkedin').then(({ readCsv }) => readCsv(name, text));
  return { text, known: {} };
}

function readAny(file: ResumeFile): Promise<Resume> | Resume {
  const { bytes } = file;
  if (bytes.length === 0) throw new Unreadable('That file is empty.');
  if (bytes.length > FILE_MAX) throw new Unreadable('That file is larger than 20 MiB. A résumé without pictures is enough.');
  if (begins(bytes, '%PDF-', PDF_WITHIN)) return import('./pdf').then(({ readPdf }) => readPdf(bytes));
  if (begins(bytes, 'PK\x03\x04')) return import('./zip').then(({ readZip }) => readZip(bytes));
  if (begins(bytes, 'PK\x05\x06')) throw new Unreadable('That archive is empty.');
  if (begins(bytes, OLD_OFFICE))
    throw new Unreadable('That is an old Word file, or one locked with a password. Open it, save it as .docx or PDF without a password, and drop that.');
  if (PICTURES.some((mark) => begins(bytes, mark)))
    throw new Unreadable('That is a picture: its words cannot be read here. Drop the PDF or document it was made from, or paste the text.');
  return asText(file);
}

/** No spaces at the ends of lines, no more than one blank line, bullets of any form as they are. */
function tidy(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u00a0\u2000-\u200a\u202f\u3000]/g, ' ')
    .replace(/[\u200b\u00ad\ufeff]/g, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

export async function readResume(file: ResumeFile): Promise<Resume> {
  const { text, known } = await readAny(file);
  const whole = tidy(text);
  if (whole === '') throw new Unreadable('That file holds no text. Save the résumé with its text as PDF, .docx or .txt, or paste it.');
  if (new TextEncoder().encode(whole).length > TEXT_MAX)
    throw new Unreadable('That file holds more than 64 KiB of text, which is more than a profile takes. Leave out what answers need not quote.');
  return { text: whole, known };
}
