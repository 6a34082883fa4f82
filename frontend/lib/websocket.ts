/**
 * One WebSocket to interviewd that signs in by its first message and comes back by itself.
 *
 *     const socket = new LiveSocket({ path: '/ws/transcribe?session_id=…', token, onOpen, onMessage, onState });
 *     socket.send({ type: 'interrupt' });       // false when not connected
 *     socket.close();                           // for good
 *
 * States: connecting -> open -> waiting -> connecting …; closed after close() or a clean end (1000); refused when coming back cannot help
 * (4404 no such session, 4409 another page has taken over, 4401 twice in a row, no token to be had). Waits 0.25 s, doubling to 5 s, less when the browser says it is online again.
 * blocked: as waiting and connecting, but what is in between answers requests and passes no WebSocket on; it goes on trying.
 *
 * A socket lives as long as its access token: when the server says that it is `expiring`, a fresh one is sent. After 4401 (the sign-in was
 * ended, here or elsewhere) one fresh token is tried; if that is refused too, the person is signed out.
 */
import { api, ApiError } from './api-client';

export type SocketState = 'connecting' | 'open' | 'waiting' | 'blocked' | 'closed' | 'refused';

export interface LiveSocketOptions {
  path: string;
  /** The access token; `fresh` asks for a new one after the server refused the last. */
  token: (fresh: boolean) => Promise<string>;
  /** Connected and signed in as far as the client can tell. */
  onOpen?: () => void;
  onMessage: (message: unknown) => void;
  onState?: (state: SocketState, closeCode: number) => void;
  /** After a clean end (1000): true to connect again at once. */
  again?: () => boolean;
  /** Not even a fresh token counts any more. Default: the page shows the sign-in. */
  onSignedOut?: () => void;
}

const CLOSE_DONE = 1000;
const CLOSE_UNAUTHENTICATED = 4401;
const CLOSE_NOT_FOUND = 4404;
export const CLOSE_TAKEN = 4409;
const WAIT_FIRST_MS = 250;
const WAIT_MAX_MS = 5000;
const BLOCKED_AFTER = 2; // handshakes that failed, before it is asked why

export function socketUrl(path: string, base: Location | URL = location): string {
  return `${base.protocol === 'https:' ? 'wss' : 'ws'}://${base.host}${path}`;
}

function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}

export class LiveSocket {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waits = 0;
  private failed = 0; // handshakes since the page was there, before any that did not
  private refusals = 0;
  private current: SocketState = 'connecting';

  constructor(private readonly options: LiveSocketOptions) {
    globalThis.addEventListener?.('online', this.hurry);
    void this.connect();
  }

  get state(): SocketState {
    return this.current;
  }

  /** Bytes handed to the browser that have not left it. */
  get buffered(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  send(message: object | Int16Array): boolean {
    if (this.current !== 'open' || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(message instanceof Int16Array ? (message as Int16Array<ArrayBuffer>) : JSON.stringify(message));
    return true;
  }

  close(): void {
    this.set('closed', CLOSE_DONE);
    globalThis.removeEventListener?.('online', this.hurry);
    clearTimeout(this.timer);
    this.socket?.close(CLOSE_DONE);
    this.socket = null;
  }

  private set(state: SocketState, code = 0): void {
    if (this.current === 'closed' || this.current === 'refused') return;
    this.current = state;
    this.options.onState?.(state, code);
  }

  private readonly hurry = () => {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    void this.connect();
  };

  private async connect(): Promise<void> {
    this.timer = undefined;
    if (this.current !== 'blocked') this.set('connecting');
    let token: string;
    try {
      token = await this.options.token(this.refusals > 0);
    } catch (error) {
      return isSignedOut(error) ? this.set('refused', CLOSE_UNAUTHENTICATED) : this.wait(0);
    }
    if (this.current === 'closed') return;
    const socket = new WebSocket(socketUrl(this.options.path));
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.opened(socket, token);
    socket.onmessage = (event) => this.received(socket, event.data);
    socket.onclose = (event) => this.ended(socket, event.code);
  }

  private opened(socket: WebSocket, accessToken: string): void {
    if (socket !== this.socket) return;
    socket.send(JSON.stringify({ type: 'authenticate', accessToken }));
    this.failed = -Infinity;
    this.set('open');
    this.options.onOpen?.();
  }

  private received(socket: WebSocket, data: unknown): void {
    if (socket !== this.socket || typeof data !== 'string') return;
    this.waits = 0;
    let message: { type?: unknown } | null;
    try {
      message = JSON.parse(data) as { type?: unknown } | null;
    } catch {
      return; // not ours to repair; the next one may be fine
    }
    if (message?.type !== 'error') this.refusals = 0; // an error may be the reason of the 4401 that follows
    if (message?.type === 'expiring') return void this.renew(socket);
    this.options.onMessage(message);
  }

  /** Without a fresh token the server closes the socket, and coming back tries again. */
  private async renew(socket: WebSocket): Promise<void> {
    const accessToken = await this.options.token(true).catch(() => null);
    if (accessToken !== null && socket === this.socket && socket.readyState === WebSocket.OPEN)
      socket.send(JSON.stringify({ type: 'authenticate', accessToken }));
  }

  private ended(socket: WebSocket, code: number): void {
    if (socket !== this.socket || this.current === 'closed') return;
    this.socket = null;
    if (code === CLOSE_DONE) {
      if (!this.options.again?.()) return this.set('closed', code);
      return void this.connect();
    }
    this.failed += 1;
    if (this.failed >= BLOCKED_AFTER) void this.askWhy();
    if (code === CLOSE_UNAUTHENTICATED) this.refusals += 1;
    if (this.refusals > 1) (this.options.onSignedOut ?? (() => api.expelled()))();
    if (code === CLOSE_NOT_FOUND || code === CLOSE_TAKEN || this.refusals > 1) return this.set('refused', code);
    this.wait(code);
  }

  /** No WebSocket ever came through: does the server answer at all? */
  private async askWhy(): Promise<void> {
    const answers = await fetch('/api/v1/health', { cache: 'no-store' }).then(
      (response) => response.ok,
      () => false,
    );
    if (answers && this.current !== 'open') this.set('blocked');
  }

  private wait(code: number): void {
    if (this.current === 'closed' || this.current === 'refused') return;
    if (this.current !== 'blocked') this.set('waiting', code);
    const pause = Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** this.waits) * (0.75 + Math.random() / 2);
    this.waits += 1;
    this.timer = setTimeout(() => void this.connect(), pause);
  }
}
