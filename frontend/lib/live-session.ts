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
  private waiting: string | null = null;

  constructor(private settings: LiveSettings) {
    this.socket = new LiveSocket({
      path: `/ws/llm-stream?session_id=${encodeURIComponent(settings.sessionId)}`,
      token: settings.token,
      onMessage: (message) => this.dispatch({ type: 'answered', message: message as LlmMessage }),
      onState: (state) => this.answers.set(state),
      onOpen: () => this.askWaiting(),
    });
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
    const listening = this.listening.get().phase === 'on';
    if (listening) await this.stopListening();
    this.settings = { ...this.settings, ...change };
    if (listening) await this.listen();
  }

  async listen(): Promise<void> {
    if (this.listening.get().phase !== 'off') return;
    this.listening.set({ ...resting, phase: 'asking' });
    try {
      // a tab first: the browser grants that only shortly after a click, a microphone at any time
      const inputs = this.settings.inputs.toSorted((a, b) => Number(b.kind === 'tab') - Number(a.kind === 'tab'));
      for (const [at, input] of inputs.entries()) await this.open(input, at);
      this.listening.update((s) => ({ ...s, phase: 'on', labels: this.captures.map((c) => c.label) }));
    } catch (error) {
      this.drop();
      this.listening.set(resting);
      throw error;
    }
  }

  private async open(input: LiveInput, at: number): Promise<void> {
    const capture = await openCapture(
      input,
      (frame) => this.frame(frame, at),
      () => this.captureEnded(input.kind),
    );
    this.captures[at] = capture;
    const source = `${input.kind}${at}`;
    this.links[at] = new TranscribeLink({
      ...this.settings,
      speaker: input.speaker,
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
    this.linkStates[at] = state;
    const worst = WORST.find((s) => this.linkStates.includes(s)) ?? 'closed';
    this.listening.update((s) => ({ ...s, link: worst, lostMs: link.lostMs }));
  }

  private captureEnded(kind: InputKind): void {
    void this.stopListening().then(() => this.listening.update((s) => ({ ...s, ended: kind })));
  }

  private drop(): void {
    this.captures.forEach((capture) => capture.stop());
    this.links.forEach((link) => link.close());
    this.captures = [];
    this.links = [];
    this.linkStates = [];
  }

  /** Stop capturing; the words still on their way arrive. */
  async stopListening(): Promise<void> {
    if (this.listening.get().phase !== 'on') return;
    this.listening.update((s) => ({ ...s, phase: 'ending' }));
    this.captures.forEach((capture) => capture.stop());
    await Promise.all(this.links.map((link) => link.finish()));
    this.drop();
    this.listening.set(resting);
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
    this.waiting = question;
    this.askWaiting();
  }

  private askWaiting(): void {
    if (this.waiting !== null && this.socket?.send({ type: 'generate', question: this.waiting })) this.waiting = null;
  }

  interrupt(): boolean {
    return this.socket.send({ type: 'interrupt' });
  }

  async end(): Promise<void> {
    await this.stopListening();
    this.close();
  }

  close(): void {
    this.drop();
    this.socket.close();
  }
}
