/**
 * A spoken question as a WAV file for the browser's microphone: one of the recordings of the shared folder when there is one, else synthesised
 * here by flite or espeak-ng. Silence goes around it, because the browser begins to play when the microphone opens.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Spoken {
  file: string;
  text: string;
}

const QUESTION = 'Tell me about a time when you disagreed with a colleague, and how did you resolve it?';
const BEFORE_S = 1.5;
const AFTER_S = 4;

function recorded(folder: string): Spoken | null {
  const file = join(folder, 'fliterms__q01.wav');
  if (!existsSync(file)) return null;
  const line = readFileSync(join(folder, 'manifest.tsv'), 'utf8').split('\n').find((l) => l.startsWith('fliterms__q01.wav'));
  return line ? { file, text: line.split('\t').at(-1)!.trim() } : null;
}

function synthesised(folder: string): Spoken {
  const file = join(folder, 'question.wav');
  const flite = spawnSync('flite', ['-voice', 'rms', '-t', QUESTION, '-o', file]);
  if (flite.status === 0) return { file, text: QUESTION };
  const espeak = spawnSync('espeak-ng', ['-v', 'en-us', '-s', '150', '-w', file, QUESTION]);
  if (espeak.status === 0) return { file, text: QUESTION };
  throw new Error('Neither flite nor espeak-ng is installed: scripts/run_tests.sh installs them.');
}

/** Where the samples of a 16 bit mono WAV are, and at what rate. */
function parse(wav: Buffer): { rate: number; pcm: Buffer } {
  let rate = 0;
  for (let at = 12; at + 8 <= wav.length; ) {
    const size = wav.readUInt32LE(at + 4);
    if (wav.toString('latin1', at, at + 4) === 'fmt ') rate = wav.readUInt32LE(at + 12);
    if (wav.toString('latin1', at, at + 4) === 'data') return { rate, pcm: wav.subarray(at + 8, Math.min(wav.length, at + 8 + size)) };
    at += 8 + size + (size & 1);
  }
  throw new Error('no samples in the WAV file');
}

function pad(file: string, into: string): void {
  const { rate, pcm } = parse(readFileSync(file));
  const silence = (seconds: number) => Buffer.alloc(Math.round(rate * seconds) * 2);
  const data = Buffer.concat([silence(BEFORE_S), pcm, silence(AFTER_S)]);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  writeFileSync(into, Buffer.concat([head, data]));
}

export function spokenQuestion(): Spoken {
  const folder = mkdtempSync(join(tmpdir(), 'interview-speech-'));
  const shared = resolve(process.env.INTERVIEWD_TEST_SHARED ?? '../../shared', 'speech');
  const found = recorded(shared) ?? synthesised(folder);
  const file = join(folder, 'microphone.wav');
  pad(found.file, file);
  return { file, text: found.text };
}

/** The share of the words of `truth` that `heard` has, in order or not. A recogniser may mishear; a broken path hears nothing. */
export function wordsHeard(truth: string, heard: string): number {
  const words = (text: string): string[] => text.toLowerCase().match(/[a-z']+/g) ?? [];
  const pool = words(heard);
  const wanted = words(truth);
  const found = wanted.filter((word) => {
    const at = pool.indexOf(word);
    if (at >= 0) pool.splice(at, 1);
    return at >= 0;
  });
  return found.length / wanted.length;
}
