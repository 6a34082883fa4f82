/**
 * A live interview in the page: captures, their links to /ws/transcribe, the /ws/llm-stream socket, and the state they make.
 * One object per visit of the live screen; React only watches its stores (hooks/useLiveSession.ts).
 *
 *     const live = new LiveSession({ sessionId, language, mode, inputs });
 *     await live.listen();       // asks for microphone and/or tab; throws CaptureError
 *     live.ask('Why us?');       // a typed or corrected question
 *     live.interrupt();
 *     await live.end();          // last words are waited for
 */
import type { CaptureFrame, InputKind, Speaker, TurnMode } from '../types/audio';
import type { LlmMessage, Transcript } from '../types/session';
import { openCapture, type Capture } from './audio/capture';
import { emptyLive, reduceLive, type LiveEvent, type LiveState } from './live';
import { Store } from './store';
import { TranscribeLink } from './transcribe-link';
import { LiveSocket, type SocketState } from './websocket';

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
  /** A capture ended by itself (the tab was closed, the microphone unplugged). */
  ended: InputKind | null;
}

const resting: ListeningState = { phase: 'off', muted: false, talking: false, labels: [], lostMs: 0, link: 'closed', ended: null };
const WORST: SocketState[] = ['refused', 'waiting', 'connecting', 'closed', 'open'];

export class LiveSession {
  readonly state = new Store<LiveState>(emptyLive);
  readonly listening = new Store<ListeningState>(resting);
  readonly answers = new Store<SocketState>('connecting');
  private readonly levels = new Set<(frame: CaptureFrame, source: number) => void>();
  private readonly socket: LiveSocket;
  private captures: Capture[] = [];
  private links: TranscribeLink[] = [];
  private linkStates: SocketState[] = [];
  /** What was agreed to, while the interview is to be recorded: a new connection may find an interview that has ended, and begins again. */
  private consent: string | null = null;
  /** Asked while the answers' connection is away: it is sent as soon as that is back. */
  readonly waiting = new Store<string | null>(null);
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
    this.dispatch({ type: 'answered', message });
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

  /** Whoever leaves or stops while the browser still asks gets nothing opened: this returns with `phase` off. */
  async listen(): Promise<void> {
    if (this.closed || this.listening.get().phase !== 'off') return;
    const turn = ++this.turn;
    this.listening.set({ ...resting, phase: 'asking' });
    try {
      // a tab first: the browser grants that only shortly after a click, a microphone at any time
      const inputs = this.settings.inputs.toSorted((a, b) => Number(b.kind === 'tab') - Number(a.kind === 'tab'));
      for (const [at, input] of inputs.entries()) if (turn === this.turn) await this.open(input, at, turn);
      if (turn === this.turn) this.listening.update((s) => ({ ...s, phase: 'on', labels: this.labels() }));
    } catch (error) {
      if (turn !== this.turn) return; // what the browser says of a question nobody waits for
      this.rest();
      throw error;
    }
  }

  private async open(input: LiveInput, at: number, turn: number): Promise<void> {
    const capture: Capture =
      input.kind === 'host'
        ? { kind: 'host', label: 'what this computer plays', stop: () => undefined }
        : await openCapture(
            { ...input, kind: input.kind },
            (frame) => this.frame(frame, at),
            () => void this.captureEnded(input.kind, at),
          );
    if (turn !== this.turn) return capture.stop();
    this.captures[at] = capture;
    const source = `${input.kind}${at}`;
    this.links[at] = new TranscribeLink({
      ...this.settings,
      speaker: input.speaker,
      host: input.kind === 'host' ? { device: input.deviceId ?? null } : undefined,
      onMessage: (message, link) => this.dispatch({ type: 'heard', source, epoch: link.epoch, speaker: input.speaker, message }),
      onState: (state, link) => this.linkChanged(at, state, link),
    });
  }

  private frame(frame: CaptureFrame, at: number): void {
    if (this.listening.get().muted) return;
    this.links[at]?.feed(frame.pcm);
    this.levels.forEach((watch) => watch(frame, at));
  }

  private linkChanged(at: number, state: SocketState, link: TranscribeLink): void {
    if (this.links[at] && this.links[at] !== link) return; // one that is gone
    this.linkStates[at] = state;
    this.listening.update((s) => ({ ...s, link: this.worstLink(), lostMs: Math.max(s.lostMs, link.lostMs) }));
  }

  private worstLink(): SocketState {
    return WORST.find((s) => this.linkStates.includes(s)) ?? 'closed';
  }

  private labels(): string[] {
    return this.captures.flatMap((capture) => capture.label);
  }

  /** One input's end does not end the other; its last words still arrive. */
  private async captureEnded(kind: InputKind, at: number): Promise<void> {
    const link = this.links[at];
    delete this.captures[at];
    if (this.captures.some(Boolean)) {
      this.listening.update((s) => ({ ...s, labels: this.labels(), ended: kind }));
      await link?.finish();
      delete this.links[at];
      delete this.linkStates[at];
      this.listening.update((s) => ({ ...s, link: this.worstLink() }));
    } else {
      await this.stopListening();
      this.listening.update((s) => ({ ...s, ended: kind }));
    }
  }

  private drop(): void {
    this.captures.forEach((capture) => capture.stop());
    this.links.forEach((link) => link.close());
    this.captures = [];
    this.links = [];
    this.linkStates = [];
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
    this.captures.forEach((capture) => capture.stop());
    await Promise.all(this.links.map((link) => link.finish()));
    if (turn === this.turn) this.rest();
  }

  mute(muted: boolean): void {
    this.listening.update((s) => ({ ...s, muted }));
  }

  /** Push-to-talk: the key went down or up. */
  talk(talking: boolean): void {
    if (this.settings.mode !== 'push_to_talk' || this.listening.get().talking === talking) return;
    this.links.forEach((link) => (talking ? link.press() : link.release()));
    this.listening.update((s) => ({ ...s, talking }));
  }

  /** Ask now, or as soon as the answer connection is there (the latest question only). */
  ask(question: string): void {
    this.dispatch({ type: 'asked' });
    this.waiting.set(question);
    this.askWaiting();
  }

  private askWaiting(): void {
    const question = this.waiting.get();
    if (question !== null && this.socket?.send({ type: 'generate', question })) this.waiting.set(null);
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
