/** A WebSocket the test holds the other end of. */
import { vi } from 'vitest';

export class TestSocket {
  static all: TestSocket[] = [];
  static readonly OPEN = 1;
  readyState = 0;
  bufferedAmount = 0;
  binaryType = '';
  sent: (string | Int16Array)[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    TestSocket.all.push(this);
  }
  send(data: string | Int16Array): void {
    this.sent.push(data);
  }
  close(code = 1005): void {
    this.drop(code);
  }

  // ---- the server's side
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  drop(code = 1006): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code });
  }
  get messages(): Record<string, unknown>[] {
    return this.sent.filter((s) => typeof s === 'string').map((s) => JSON.parse(s) as Record<string, unknown>);
  }
  /** All audio of this connection, in order. */
  get audio(): number[] {
    return this.sent.filter((s) => typeof s !== 'string').flatMap((s) => [...s]);
  }
}

export function useTestSockets(): void {
  TestSocket.all = [];
  vi.stubGlobal('WebSocket', TestSocket);
  vi.stubGlobal('location', new URL('http://127.0.0.1:8080/'));
}

/** The latest connection, once the code under test got as far as opening it. */
export async function latest(count = TestSocket.all.length + 1): Promise<TestSocket> {
  await vi.waitFor(() => {
    if (TestSocket.all.length < count) throw new Error('not connected yet');
  });
  return TestSocket.all.at(-1)!;
}
