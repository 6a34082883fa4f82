/**
 * The candidate's own voice, before an interview: a phrase is recorded here and sent once, with the very words that were agreed to.
 *
 *     const recorder = new PhraseRecorder((frame) => meter(frame), () => sendIt());
 *     await recorder.start(deviceId);       // throws CaptureError
 *     const wav = recorder.stop();          // null when nothing was recorded
 *     await teachVoice(sessionId, wav, true);
 */
import type { CaptureFrame } from '../types/audio';
import type { Schemas } from '../types/session';
import { api } from './api-client';
import { openCapture, type Capture } from './audio/capture';

export type SessionVoice = Schemas['SessionVoice'];
export type KeptVoice = Schemas['KeptVoice'];

/** About eight seconds, with many sounds of English in them; what is said does not matter, that one speaks does. */
export const PHRASE =
  'I am getting ready for an interview. I will listen to each question, take a breath, and answer it with something that I have really done.';

/** What is agreed to, as it is sent and kept with the session. */
export const CONSENT =
  'My voice may be learned from this recording, so that I am told apart from the interviewer. The recording is not kept, and the voice is forgotten when the interview ends.';
export const CONSENT_KEEP = 'My voice is kept for my next interviews as well, encrypted on this server, until I have it forgotten.';

const RATE = 16000;
/** The server uses the first eight seconds of speech; pauses come on top. */
const LONGEST_S = 15;

/** 16 bit mono samples as a WAV file. */
export function wavOf(pieces: Int16Array[]): Blob {
  const samples = pieces.reduce((n, piece) => n + piece.length, 0);
  const head = new DataView(new ArrayBuffer(44));
  const text = (at: number, word: string) => [...word].forEach((c, i) => head.setUint8(at + i, c.charCodeAt(0)));
  text(0, 'RIFF');
  head.setUint32(4, 36 + samples * 2, true);
  text(8, 'WAVEfmt ');
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true); // PCM
  head.setUint16(22, 1, true); // mono
  head.setUint32(24, RATE, true);
  head.setUint32(28, RATE * 2, true);
  head.setUint16(32, 2, true);
  head.setUint16(34, 16, true);
  text(36, 'data');
  head.setUint32(40, samples * 2, true);
  return new Blob([head.buffer, ...pieces.map((piece) => piece.slice().buffer)], { type: 'audio/wav' });
}

/** One phrase from a microphone, held in memory until it is taken. */
export class PhraseRecorder {
  private capture: Capture | null = null;
  private pieces: Int16Array[] = [];
  private wanted = false;

  constructor(
    private readonly onFrame: (frame: CaptureFrame) => void,
    /** It is long enough, or the microphone went away: stop() has what there is. */
    private readonly onEnd: () => void,
  ) {}

  async start(deviceId: string | null): Promise<void> {
    this.pieces = [];
    this.wanted = true;
    const capture = await openCapture({ kind: 'microphone', deviceId }, (frame) => this.take(frame), this.onEnd);
    if (!this.wanted) return capture.stop(); // given up while the browser still asked
    this.capture = capture;
  }

  private take(frame: CaptureFrame): void {
    if (!this.wanted) return;
    this.pieces.push(frame.pcm.slice());
    this.onFrame(frame);
    if (this.pieces.reduce((n, piece) => n + piece.length, 0) >= LONGEST_S * RATE) this.onEnd();
  }

  stop(): Blob | null {
    this.wanted = false;
    this.capture?.stop();
    this.capture = null;
    const { pieces } = this;
    this.pieces = [];
    return pieces.length > 0 ? wavOf(pieces) : null;
  }
}

export async function teachVoice(sessionId: string, wav: Blob, keep: boolean): Promise<SessionVoice> {
  const form = new FormData();
  form.set('consent', keep ? `${CONSENT} ${CONSENT_KEEP}` : CONSENT);
  form.set('keep', String(keep));
  form.set('file', wav, 'phrase.wav');
  return (await (await api.send('PUT', `/sessions/${sessionId}/voice`, form)).json()) as SessionVoice;
}

/** The voice that is kept of me; null when none is. */
export async function keptVoice(): Promise<KeptVoice | null> {
  return (await api.get<KeptVoice | undefined>('/voice')) ?? null;
}

export async function forgetVoice(sessionId: string | null, kept: boolean): Promise<void> {
  if (kept) await api.delete('/voice'); // in every session, too
  else if (sessionId) await api.delete(`/sessions/${sessionId}/voice`);
}
