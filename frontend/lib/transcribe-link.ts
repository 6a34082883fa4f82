/**
 * One captured source on its way to /ws/transcribe, without loss.
 *
 * Audio goes into a ring of 30 s first and from there to the socket. The line has a name (`resume`), under which the server waits 30 s for it
 * after a connection broke: the next one goes on with the sample the server lacks (`heardSamples`), in the middle of the same utterance. When
 * the server has forgotten the line (it was started anew), everything after the last final is sent again. So a connection may be gone for up
 * to 30 s and no word is missing or there twice; only what is older than the ring is lost, and `lostMs` tells.
 *
 *     const link = new TranscribeLink({ sessionId, speaker: 'interviewer', mode: 'hands_free', language: 'en', … });
 *     link.feed(pcm);
 *     await link.finish();        // everything sent, last words back
 *
 * In push-to-talk nothing is fed between press() and release(); release() ends the utterance (`stop`), the server closes, and the link
 * connects anew for the next one.
 */
import type { Speaker, TurnMode } from '../types/audio';
import type { TranscribeMessage } from '../types/session';
import { PcmRing } from './pcm-ring';
import { LiveSocket, type SocketState } from './websocket';

const RATE = 16000;
const SAMPLES_PER_MS = RATE / 1000;
export const RING_SECONDS = 30;
const FRAME = 640; // 40 ms while keeping up
const CATCH_UP = 1600; // 100 ms when behind
const BUFFERED_MAX = 128 * 1024; // hand the browser no more than this at a time [bytes]
const PUMP_AGAIN_MS = 20;
const PREROLL_FRAMES = 8; // heard before the key was pressed: people begin to speak a little early
const FINISH_MS = 6000;

export interface TranscribeLinkOptions {
  sessionId: string;
  speaker: Speaker;
  mode: TurnMode;
  language: string;
  /** The name of this page: of several that show a session one listens. */
  listener: string;
  /** In place of another page that listens. Said once: a connection that merely comes back pushes nobody out. */
  takeOver?: boolean;
  /** The server hears this device of its own machine (null: the usual one), and nothing is fed. */
  host?: { device: string | null };
  token: (fresh: boolean) => Promise<string>;
  onMessage: (message: TranscribeMessage, link: TranscribeLink) => void;
  onState: (state: SocketState, link: TranscribeLink, closeCode: number) => void;
}

/** A name that nobody else can guess (crypto.randomUUID is missing on pages without HTTPS). */
export function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export class TranscribeLink {
  /** Counts lines as the server knows them; utterance numbers begin again with each. */
  epoch = 0;
  /** Milliseconds of audio that fell out of the ring unheard. */
  lostMs = 0;
  readonly speaker: Speaker;
  private readonly ring = new PcmRing(RING_SECONDS * RATE);
  private readonly socket: LiveSocket;
  private line = randomName();
  private lastFinal = 0; // the last utterance of this line whose final arrived
  private base = 0; // absolute sample at which the present line began
  private sent = 0; // absolute sample up to which the present connection has it
  private acked = 0; // absolute sample up to which the server has made words of it
  private stops: number[] = []; // absolute samples at which a `stop` belongs
  private stopped = false; // the first of them was sent on this connection
  private ready = false;
  private talking = false;
  private finishing = false;
  private preroll: Int16Array[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private whenDone: (() => void) | null = null;

  constructor(private readonly options: TranscribeLinkOptions) {
    this.speaker = options.speaker;
    this.socket = new LiveSocket({
      path: `/ws/transcribe?session_id=${encodeURIComponent(options.sessionId)}`,
      token: options.token,
      onOpen: () => this.opened(),
      onMessage: (message) => this.received(message as TranscribeMessage),
      onState: (state, code) => this.changed(state, code),
      again: () => this.cleanEnd(),
    });
  }

  feed(pcm: Int16Array): void {
    if (this.options.mode === 'push_to_talk' && !this.talking) {
      this.preroll.push(pcm);
      if (this.preroll.length > PREROLL_FRAMES) this.preroll.shift();
      return;
    }
    this.ring.push(pcm);
    this.pump();
  }

  press(): void {
    if (this.talking) return;
    this.talking = true;
    this.preroll.forEach((pcm) => this.ring.push(pcm));
    this.preroll = [];
    this.pump();
  }

  release(): void {
    if (!this.talking) return;
    this.talking = false;
    this.stops.push(this.ring.end);
    this.pump();
  }

  /** No more audio: send the rest, wait for the last words (at most 6 s), close. */
  async finish(): Promise<void> {
    if (this.socket.state === 'closed' || this.socket.state === 'refused') return;
    this.talking = false;
    this.finishing = true;
    this.stops.push(this.ring.end);
    const done = new Promise<void>((resolve) => {
      this.whenDone = resolve;
      setTimeout(resolve, FINISH_MS);
    });
    this.pump();
    await done;
    this.close();
  }

  close(): void {
    clearTimeout(this.timer);
    this.socket.close();
  }

  private opened(): void {
    const { speaker, language, mode, host, listener } = this.options;
    const takeOver = this.options.takeOver === true && this.epoch === 0;
    this.ready = false;
    this.stopped = false;
    const { line: resume, lastFinal } = this;
    const line = { speaker, language, listener, takeOver, resume, lastFinal };
    if (host) return void this.socket.send({ type: 'start', source: 'host', device: host.device, ...line });
    this.socket.send({ type: 'start', encoding: 'pcm_s16le', sampleRate: RATE, channels: 1, mode, ...line });
  }

  /** The server is listening: to the line it knows, or to a new one. */
  private begin(heardSamples: number): void {
    this.ready = true;
    if (heardSamples > 0 && this.epoch > 0) {
      this.sent = this.base + heardSamples;
    } else {
      this.epoch += 1;
      this.lastFinal = 0;
      this.base = this.sent = this.acked;
    }
    this.skipLost();
  }

  private received(message: TranscribeMessage): void {
    if (message.type === 'ready') this.begin(message.heardSamples ?? 0);
    if (message.type === 'final') {
      this.lastFinal = message.utterance;
      this.acknowledge(message.endMs);
    }
    this.options.onMessage(message, this);
    if (message.type === 'ready') this.pump();
  }

  private acknowledge(endMs: number): void {
    const heard = this.base + Math.round(endMs * SAMPLES_PER_MS);
    this.acked = Math.max(this.acked, Math.min(heard, this.sent));
    this.ring.ack(this.acked);
  }

  /** The server ended the connection after `stop`: that stretch is done. True to connect for the next. */
  private cleanEnd(): boolean {
    const end = this.stopped ? this.stops.shift() : undefined;
    if (end !== undefined) {
      this.ring.ack((this.acked = end));
      this.line = randomName();
    }
    return !this.finishing || this.stops.length > 0;
  }

  private changed(state: SocketState, code: number): void {
    if (state !== 'open') this.ready = false;
    this.options.onState(state, this, code);
    if (state === 'closed' || state === 'refused') this.whenDone?.();
  }

  /** What the ring had to drop is lost: say so, and keep the server's clock in step with ours. */
  private skipLost(): void {
    const lost = this.ring.start - this.sent;
    if (lost <= 0) return;
    this.lostMs += lost / SAMPLES_PER_MS;
    this.sent += lost;
    this.base += lost;
    this.acked = Math.max(this.acked, this.sent);
  }

  /** Send what is waiting, as far as the browser's own buffer is short; come back for the rest. */
  private pump(): void {
    if (!this.ready || this.stopped) return;
    clearTimeout(this.timer);
    this.skipLost();
    const end = this.stops[0] ?? this.ring.end;
    while (this.sent < end && this.socket.buffered < BUFFERED_MAX) {
      const behind = end - this.sent;
      const pcm = this.ring.read(this.sent, behind > CATCH_UP ? CATCH_UP : Math.min(behind, FRAME));
      if (!this.socket.send(pcm)) return;
      this.sent += pcm.length;
    }
    if (this.sent < end) this.timer = setTimeout(() => this.pump(), PUMP_AGAIN_MS);
    else if (this.stops.length > 0 && this.socket.send({ type: 'stop' })) this.stopped = true;
  }
}
