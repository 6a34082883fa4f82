/**
 * A live interview in the page: captures, their links to /ws/transcribe, the /ws/llm-stream socket, and the state they make.
 * One object per visit of the live screen; React only watches its stores (hooks/useLiveSession.ts).
 *
 *     const live = new LiveSession({ sessionId, language, mode, inputs });
 *     await live.listen();       // asks for microphone and/or tab; throws CaptureError
 *     live.ask('Why us?');       // a typed or corrected question
 *     live.interrupt();
 *     await live.end();          // last words are waited for
 *
 * Each input is watched (watchdog.ts): what is wrong with it is told, and mended where that can be done without the person: a sound that the
 * browser holds back is asked for again, a microphone that stands still or was unplugged is opened anew.
 *
 * Several pages may show one session; one listens. What it hears arrives at the others with the answers, and `elsewhere` is true there.
 */
import type { CaptureFrame, InputKind, Speaker, TurnMode } from '../types/audio';
import type { LlmMessage, Schemas, Transcript } from '../types/session';
import { CaptureError, openCapture, type Capture } from './audio/capture';
import { emptyLive, reduceLive, type LiveEvent, type LiveState } from './live';
import { Store } from './store';
import { randomName, TranscribeLink } from './transcribe-link';
import { CHECK_MS, Watchdog, type Ailment } from './watchdog';
import { CLOSE_TAKEN, LiveSocket, type SocketState } from './websocket';

export interface LiveInput {
  kind: InputKind;
  speaker: Speaker;
  deviceId?: string | null;
}

export interface LiveSettings {
  sessionId: string;
  language: string;
  mode: TurnMode;
  inputs: LiveInput[];
  token: (fresh: boolean) => Promise<string>;
}

export interface ListeningState {
  /** off: nothing is captured; on: it is; asking: the browser is asking the person. */
  phase: 'off' | 'asking' | 'on' | 'ending';
  muted: boolean;
  talking: boolean;
  labels: string[];
  lostMs: number;
  /** The worst of the audio connections. */
  link: SocketState;
  /** A capture ended by itself and does not come back: the tab was closed, the microphone forbidden. Others may go on. */
  ended: InputKind | null;
  /** An input that is not well. */
  ailing: { kind: InputKind; what: Ailment } | null;
  /** Another page listens in place of this one. */
  taken: boolean;
}

const resting: ListeningState = { phase: 'off', muted: false, talking: false, labels: [], lostMs: 0, link: 'closed', ended: null, ailing: null, taken: false };
const WORST: SocketState[] = ['refused', 'blocked', 'waiting', 'connecting', 'closed', 'open'];
const WORST_AILMENT: Ailment[] = ['suspended', 'gone', 'stalled', 'silent'];
const OPEN_AGAIN_MS = 1000; // doubling,
const OPEN_AGAIN_MAX_MS = 10_000; // to this

/** A question that waits for the answers' connection. */
export interface WaitingQuestion {
  question: string;
  /** The pair whose place it takes. */
  transcriptId?: string;
}

/** One input while it is listened to. */
interface Ear {
  input: LiveInput;
  /** null: its device went away, and is waited for. */
  capture: Capture | null;
  link: TranscribeLink;
  linkState: SocketState;
  watchdog: Watchdog;
  ailment: Ailment | null;
  opening: boolean;
  /** How often it was opened anew since it was well, and when it may be again. */
  tries: number;
  againAt: number;
}

export class LiveSession {
  readonly state = new Store<LiveState>(emptyLive);
  readonly listening = new Store<ListeningState>(resting);
  readonly answers = new Store<SocketState>('connecting');
  private readonly levels = new Set<(frame: CaptureFrame, source: number) => void>();
  private readonly socket: LiveSocket;
  private ears: (Ear | undefined)[] = [];
  private timer: ReturnType<typeof setInterval> | undefined;
  /** This page, among those that show the session. */
  private readonly name = randomName();
  /** Lines that other pages and programs listen to, and whom each hears. */
  private others = new Map<number, Speaker>();
  /** Another page listens. */
  readonly elsewhere = new Store(false);
  /** What was agreed to, while the interview is to be recorded: a new connection may find an interview that has ended, and begins again. */
  private consent: string | null = null;
  /** Asked while the answers' connection is away: it is sent as soon as that is back. */
  readonly waiting = new Store<WaitingQuestion | null>(null);
  /** Counts how often listening began or ended: an input that the browser grants later than that is not wanted any more. */
  private turn = 0;
  private closed = false;

  constructor(private settings: LiveSettings) {
    this.socket = new LiveSocket({
      path: `/ws/llm-stream?session_id=${encodeURIComponent(settings.sessionId)}`,
      token: settings.token,
      onMessage: (message) => this.told(message as LlmMessage),
      onState: (state) => this.answers.set(state),
      onOpen: () => this.opened(),
    });
  }

  private told(message: LlmMessage): void {
    if (message.type === 'recording' && !message.on) this.consent = null;
    if (message.type === 'listening') this.othersListen(message.lines);
    else if (message.type === 'partial' || message.type === 'final' || message.type === 'turn') this.mirror(message);
    else this.dispatch({ type: 'answered', message });
  }

  private othersListen(lines: Schemas['WsLlmListening']['lines']): void {
    const others = lines.filter((line) => line.listener !== this.name);
    this.others = new Map(others.map((line) => [line.line, line.speaker]));
    this.elsewhere.set(others.some((line) => line.listener !== null));
  }

  /** Words that another page hears; one's own come over their own connection. */
  private mirror(message: Extract<LlmMessage, { type: 'partial' | 'final' | 'turn' }>): void {
    const speaker = message.line === undefined ? undefined : this.others.get(message.line);
    if (speaker) this.dispatch({ type: 'heard', source: `line${message.line}`, epoch: 0, speaker, message });
  }

  private opened(): void {
    this.dispatch({ type: 'reconnected' });
    this.askWaiting();
    if (this.consent !== null) this.record(this.consent);
  }

  dispatch(event: LiveEvent): void {
    this.state.update((state) => reduceLive(state, event));
  }

  get mode(): TurnMode {
    return this.settings.mode;
  }

  /** Called for every frame of 40 ms: meters. */
  onLevel(watcher: (frame: CaptureFrame, source: number) => void): () => void {
    this.levels.add(watcher);
    return () => this.levels.delete(watcher);
  }

  keep(transcripts: Transcript[]): void {
    this.dispatch({ type: 'kept', transcripts });
  }

  /** Change inputs, mode or language; what is listening begins again with them. */
  async configure(change: Partial<Pick<LiveSettings, 'inputs' | 'mode' | 'language'>>): Promise<void> {
    const listening = this.listening.get().phase !== 'off';
    if (listening) await this.stopListening();
    this.settings = { ...this.settings, ...change };
    if (listening) await this.listen();
  }

  /**
   * Whoever leaves or stops while the browser still asks gets nothing opened: this returns with `phase` off. takeOver: in place of another page
   * that listens; without it this page learns that it may not (`taken`).
   */
  async listen(takeOver = false): Promise<void> {
    if (this.closed || this.listening.get().phase !== 'off') return;
    const turn = ++this.turn;
    this.listening.set({ ...resting, phase: 'asking' });
    try {
      // a tab first: the browser grants that only shortly after a click, a microphone at any time
      const inputs = this.settings.inputs.toSorted((a, b) => Number(b.kind === 'tab') - Number(a.kind === 'tab'));
      for (const [at, input] of inputs.entries()) if (turn === this.turn) await this.open(input, at, takeOver);
      if (turn !== this.turn) return;
      this.listening.update((s) => ({ ...s, phase: 'on', labels: this.labels() }));
      this.watch();
    } catch (error) {
      if (turn !== this.turn) return; // what the browser says of a question nobody waits for
      this.rest();
      throw error;
    }
  }

  private async open(input: LiveInput, at: number, takeOver: boolean): Promise<void> {
    const { turn } = this;
    const capture = await this.capture(input, at, input.deviceId);
    if (turn !== this.turn) return capture.stop();
    const source = `${input.kind}${at}`;
    const link = new TranscribeLink({
      ...this.settings,
      speaker: input.speaker,
      listener: this.name,
      takeOver,
      host: input.kind === 'host' ? { device: input.deviceId ?? null } : undefined,
      onMessage: (message, from) => this.dispatch({ type: 'heard', source, epoch: from.epoch, speaker: input.speaker, message }),
      onState: (state, from, code) => this.linkChanged(at, state, from, code),
    });
    const watchdog = new Watchdog(performance.now());
    this.ears[at] = { input, capture, link, linkState: 'connecting', watchdog, ailment: null, opening: false, tries: 0, againAt: 0 };
  }

  private capture(input: LiveInput, at: number, deviceId?: string | null): Promise<Capture> {
    const { kind } = input;
    if (kind === 'host') return Promise.resolve({ kind, label: 'what this computer plays', running: () => true, resume: () => undefined, stop: () => undefined });
    return openCapture(
      { kind, deviceId },
      (frame) => this.frame(at, frame),
      () => this.captureEnded(at),
    );
  }

  private frame(at: number, frame: CaptureFrame): void {
    const ear = this.ears[at];
    if (!ear) return;
    ear.watchdog.frame(frame.peak, performance.now());
    if (this.listening.get().muted) return;
    ear.link.feed(frame.pcm);
    this.levels.forEach((watch) => watch(frame, at));
  }

  private linkChanged(at: number, state: SocketState, link: TranscribeLink, code: number): void {
    const ear = this.ears[at];
    if (ear?.link !== link) return; // one that is gone
    ear.linkState = state;
    if (state === 'refused' && code === CLOSE_TAKEN) {
      this.rest();
      return this.listening.update((s) => ({ ...s, taken: true }));
    }
    this.listening.update((s) => ({ ...s, link: this.worstLink(), lostMs: Math.max(s.lostMs, link.lostMs) }));
  }

  private worstLink(): SocketState {
    return WORST.find((s) => this.ears.some((ear) => ear?.linkState === s)) ?? 'closed';
  }

  private labels(): string[] {
    return this.ears.flatMap((ear) => ear?.capture?.label ?? []);
  }

  private captureEnded(at: number): void {
    const ear = this.ears[at];
    if (ear?.input.kind !== 'microphone') return void this.earEnded(at);
    ear.capture = null;
    this.check(); // it may be back at once, as another device
  }

  /** One input's end does not end the other; its last words still arrive. */
  private async earEnded(at: number): Promise<void> {
    const ear = this.ears[at];
    if (!ear) return;
    const { kind } = ear.input;
    ear.capture?.stop();
    ear.capture = null;
    if (this.ears.some((other) => other && other !== ear)) {
      delete this.ears[at];
      this.listening.update((s) => ({ ...s, labels: this.labels(), ended: kind, ailing: s.ailing?.kind === kind ? null : s.ailing }));
      await ear.link.finish();
      this.listening.update((s) => ({ ...s, link: this.worstLink() }));
    } else {
      await this.stopListening();
      this.listening.update((s) => ({ ...s, ended: kind }));
    }
  }

  /** The input that ended is asked for again, beside those that go on. */
  async listenAgain(): Promise<void> {
    const { phase, ended } = this.listening.get();
    if (phase !== 'on' || !ended) return this.listen();
    const input = this.settings.inputs.find(({ kind }) => kind === ended);
    if (!input) return;
    await this.open(input, this.ears.length, false);
    this.listening.update((s) => ({ ...s, ended: null, labels: this.labels() }));
  }

  /* ------------------------------------------------------------------------ watching and mending */

  private watch(): void {
    this.timer = setInterval(() => this.check(), CHECK_MS);
    globalThis.addEventListener?.('pointerdown', this.wake);
    globalThis.addEventListener?.('keydown', this.wake);
    globalThis.navigator?.mediaDevices?.addEventListener?.('devicechange', this.devicesChanged);
  }

  private unwatch(): void {
    clearInterval(this.timer);
    globalThis.removeEventListener?.('pointerdown', this.wake);
    globalThis.removeEventListener?.('keydown', this.wake);
    globalThis.navigator?.mediaDevices?.removeEventListener?.('devicechange', this.devicesChanged);
  }

  /** A browser lets sound run again when somebody touches the page. */
  private readonly wake = () => this.ears.forEach((ear) => ear?.ailment === 'suspended' && ear.capture?.resume());

  private readonly devicesChanged = () => {
    for (const ear of this.ears) if (ear && ear.ailment !== null && ear.ailment !== 'suspended') Object.assign(ear, { tries: 0, againAt: 0 });
    this.check();
  };

  private check(): void {
    if (this.listening.get().phase !== 'on') return;
    const now = performance.now();
    for (const [at, ear] of this.ears.entries()) {
      if (!ear || ear.input.kind === 'host') continue;
      ear.ailment = ear.capture ? ear.watchdog.check(now, ear.capture.running()) : 'gone';
      this.mend(ear, at, now);
    }
    const worst = WORST_AILMENT.flatMap((what) => this.ears.find((ear) => ear?.ailment === what) ?? [])[0];
    const { ailing } = this.listening.get();
    if (ailing?.what === worst?.ailment && ailing?.kind === worst?.input.kind) return;
    this.listening.update((s) => ({ ...s, ailing: worst?.ailment ? { kind: worst.input.kind, what: worst.ailment } : null }));
  }

  private mend(ear: Ear, at: number, now: number): void {
    if (ear.ailment === null) ear.tries = 0;
    if (ear.ailment === 'suspended') ear.capture?.resume();
    if (ear.ailment === null || ear.ailment === 'suspended' || ear.input.kind !== 'microphone') return;
    // silence is what a switched-off microphone gives: opened again it gives the same, and it is well as soon as it is switched on
    if (ear.ailment !== 'silent' && !ear.opening && now >= ear.againAt) void this.openAgain(ear, at, now);
  }

  /** The chosen device first; when that is not there, any other. */
  private async openAgain(ear: Ear, at: number, now: number): Promise<void> {
    const { turn } = this;
    const { deviceId } = ear.input;
    ear.opening = true;
    ear.againAt = now + Math.min(OPEN_AGAIN_MAX_MS, OPEN_AGAIN_MS * 2 ** ear.tries);
    ear.tries += 1;
    try {
      const capture = await this.capture(ear.input, at, ear.tries > 1 ? null : deviceId);
      if (turn !== this.turn || this.ears[at] !== ear) return capture.stop();
      ear.capture?.stop();
      ear.capture = capture;
      ear.watchdog = new Watchdog(performance.now());
      this.listening.update((s) => ({ ...s, labels: this.labels() }));
      this.check();
    } catch (error) {
      if (turn === this.turn && error instanceof CaptureError && error.refused) void this.earEnded(at);
    } finally {
      ear.opening = false;
    }
  }

  private drop(): void {
    this.unwatch();
    const { ears } = this;
    this.ears = [];
    for (const ear of ears) {
      ear?.capture?.stop();
      ear?.link.close();
    }
  }

  /** Nothing is captured from here on, also not what the browser grants later. */
  private rest(): void {
    this.turn += 1;
    this.drop();
    this.listening.set(resting);
  }

  /** Stop capturing; the words still on their way arrive. */
  async stopListening(): Promise<void> {
    const { phase } = this.listening.get();
    if (phase === 'asking') this.rest();
    if (phase !== 'on') return;
    const turn = ++this.turn;
    this.listening.update((s) => ({ ...s, phase: 'ending' }));
    this.ears.forEach((ear) => ear?.capture?.stop());
    await Promise.all(this.ears.map((ear) => ear?.link.finish()));
    if (turn === this.turn) this.rest();
  }

  mute(muted: boolean): void {
    this.listening.update((s) => ({ ...s, muted }));
  }

  /** Push-to-talk: the key went down or up. */
  talk(talking: boolean): void {
    if (this.settings.mode !== 'push_to_talk' || this.listening.get().talking === talking) return;
    this.ears.forEach((ear) => (talking ? ear?.link.press() : ear?.link.release()));
    this.listening.update((s) => ({ ...s, talking }));
  }

  /** Ask now, or as soon as the answer connection is there (the latest question only); with a transcriptId in the place of that pair. */
  ask(question: string, transcriptId?: string | null): void {
    this.dispatch({ type: 'asked' });
    this.waiting.set(transcriptId ? { question, transcriptId } : { question });
    this.askWaiting();
  }

  private askWaiting(): void {
    const waiting = this.waiting.get();
    if (waiting !== null && this.socket?.send({ type: 'generate', ...waiting })) this.waiting.set(null);
  }

  /** Show the answer at this place of `state.answers`; the newest is followed from then on. */
  show(at: number): void {
    this.dispatch({ type: 'show', at });
  }

  /** Record from now on; wording: what the person agreed to. Whether it is on, `state.recording` tells. */
  record(wording: string): void {
    this.consent = wording;
    this.socket.send({ type: 'record', on: true, wording });
  }

  stopRecording(): void {
    this.consent = null;
    this.socket.send({ type: 'record', on: false });
  }

  interrupt(): boolean {
    return this.socket.send({ type: 'interrupt' });
  }

  async end(): Promise<void> {
    await this.stopListening();
    this.close();
  }

  close(): void {
    this.closed = true;
    this.rest();
    this.socket.close();
  }
}
