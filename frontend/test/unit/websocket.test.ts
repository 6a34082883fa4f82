// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/lib/api-client';
import { LiveSocket, socketUrl, type LiveSocketOptions, type SocketState } from '@/lib/websocket';
import { latest, TestSocket, useTestSockets } from '../support/sockets';

function open(extra: Partial<Pick<LiveSocketOptions, 'again' | 'token'>> = {}) {
  const states: [SocketState, number][] = [];
  const messages: unknown[] = [];
  const asked: boolean[] = [];
  const onSignedOut = vi.fn();
  const socket = new LiveSocket({
    path: '/ws/llm-stream?session_id=s_1',
    token: (fresh) => {
      asked.push(fresh);
      return Promise.resolve(`token-${asked.length}`);
    },
    onMessage: (message) => messages.push(message),
    onState: (state, code) => states.push([state, code]),
    onSignedOut,
    ...extra,
  });
  return { socket, states, messages, asked, onSignedOut };
}

describe('LiveSocket', () => {
  beforeEach(useTestSockets);

  it('signs in with its first message', async () => {
    const { socket } = open();
    const wire = await latest(1);
    wire.open();
    expect(wire.url).toBe('ws://127.0.0.1:8080/ws/llm-stream?session_id=s_1');
    expect(wire.messages).toEqual([{ type: 'authenticate', accessToken: 'token-1' }]);
    expect(socket.send({ type: 'interrupt' })).toBe(true);
    socket.close();
    expect(socket.send({ type: 'interrupt' })).toBe(false);
  });

  it('comes back after a drop, with another sign-in', async () => {
    const { socket, states } = open();
    (await latest(1)).open();
    TestSocket.all[0]!.drop(1006);
    expect(states.at(-1)).toEqual(['waiting', 1006]);
    const second = await latest(2);
    second.open();
    expect(second.messages[0]).toMatchObject({ type: 'authenticate' });
    expect(socket.state).toBe('open');
    socket.close();
  });

  it('asks for a fresh token after 4401, and after the second in a row the person is signed out', async () => {
    const { states, asked, onSignedOut } = open();
    (await latest(1)).open();
    TestSocket.all[0]!.say({ type: 'error', code: 'signed_out', message: 'this sign-in was ended' });
    TestSocket.all[0]!.drop(4401);
    (await latest(2)).open();
    expect(asked).toEqual([false, true]);
    expect(onSignedOut).not.toHaveBeenCalled();
    TestSocket.all[1]!.say({ type: 'error', code: 'unauthorized', message: 'the access token is not valid or has expired' });
    TestSocket.all[1]!.drop(4401);
    expect(states.at(-1)).toEqual(['refused', 4401]);
    expect(onSignedOut).toHaveBeenCalledOnce();
  });

  it('takes a second 4401 for a new one once the socket has been good in between', async () => {
    const { socket, onSignedOut } = open();
    for (let n = 1; n <= 3; n += 1) {
      const wire = await latest(n);
      wire.open();
      wire.say({ type: 'ready' });
      wire.drop(4401);
    }
    expect(socket.state).toBe('waiting');
    expect(onSignedOut).not.toHaveBeenCalled();
    socket.close();
  });

  it('sends a fresh token when the server says that the last one is expiring, and keeps that to itself', async () => {
    const { socket, messages, asked } = open();
    const wire = await latest(1);
    wire.open();
    wire.say({ type: 'expiring', inMs: 60000 });
    await vi.waitFor(() => expect(wire.messages.at(-1)).toEqual({ type: 'authenticate', accessToken: 'token-2' }));
    expect(asked).toEqual([false, true]);
    expect(messages).toEqual([]);
    expect(socket.state).toBe('open');
    socket.close();
  });

  it('does not send a fresh token that comes after the socket has gone', async () => {
    let give: (token: string) => void = () => undefined;
    const { socket } = open({ token: (fresh) => (fresh ? new Promise((resolve) => (give = resolve)) : Promise.resolve('first')) });
    const wire = await latest(1);
    wire.open();
    wire.say({ type: 'expiring', inMs: 60000 });
    socket.close();
    give('late');
    await Promise.resolve();
    expect(wire.messages.length).toBe(1);
  });

  it('does not try again when there is no token to be had, and does when only the server is away', async () => {
    const out = open({ token: () => Promise.reject(new ApiError(401, 'unauthorized', 'You are not signed in.')) });
    await vi.waitFor(() => expect(out.states.at(-1)).toEqual(['refused', 4401]));
    const away = open({ token: () => Promise.reject(new ApiError(0, 'network', 'The server cannot be reached.')) });
    await vi.waitFor(() => expect(away.states.at(-1)).toEqual(['waiting', 0]));
    away.socket.close();
  });

  it('does not come back to a session that does not exist', async () => {
    const { states } = open();
    (await latest(1)).open();
    TestSocket.all[0]!.drop(4404);
    expect(states.at(-1)).toEqual(['refused', 4404]);
  });

  it('stays closed after a clean end unless it is wanted again', async () => {
    const { socket } = open();
    (await latest(1)).open();
    TestSocket.all[0]!.drop(1000);
    expect(socket.state).toBe('closed');
    const again = open({ again: () => true });
    (await latest(2)).open();
    TestSocket.all[1]!.drop(1000);
    await latest(3);
    expect(again.socket.state).toBe('connecting');
    again.socket.close();
  });

  it('ignores what is not JSON and goes on', async () => {
    const { socket, messages } = open();
    const wire = await latest(1);
    wire.open();
    wire.onmessage?.({ data: '{"type":' });
    wire.say({ type: 'ready' });
    expect(messages).toEqual([{ type: 'ready' }]);
    socket.close();
  });

  it('hurries when the browser says it is online again', async () => {
    const { socket } = open();
    (await latest(1)).open();
    for (let n = 0; n < 3; n += 1) {
      TestSocket.all.at(-1)!.drop();
      dispatchEvent(new Event('online'));
      await latest(n + 2);
    }
    expect(TestSocket.all.length).toBe(4);
    socket.close();
  });

  it('never reports a state after close()', async () => {
    const { socket, states } = open();
    (await latest(1)).open();
    socket.close();
    const seen = states.length;
    TestSocket.all[0]!.drop(1006);
    await vi.waitFor(() => expect(states.length).toBe(seen));
  });
});

describe('socketUrl', () => {
  it('uses wss on a page over TLS', () => {
    expect(socketUrl('/ws/transcribe', new URL('https://example.org/interview/'))).toBe('wss://example.org/ws/transcribe');
  });
});

describe('what is in between', () => {
  beforeEach(useTestSockets);
  it('says so where requests come through and WebSockets never do, and goes on trying', async () => {
    vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response('{}'))));
    const { socket, states } = open();
    for (let n = 1; n <= 2; n += 1) (await latest(n)).drop(1006);
    await vi.waitFor(() => expect(socket.state).toBe('blocked'));
    (await latest(3)).open();
    expect(states.at(-1)).toEqual(['open', 0]);
    TestSocket.all[2]!.drop(1006); // one that was open: the network, and no proxy
    expect(socket.state).toBe('waiting');
    socket.close();
    vi.unstubAllGlobals();
  });

  it('waits, and blames no proxy, where the server does not answer either', async () => {
    vi.stubGlobal('fetch', vi.fn(() => Promise.reject(new TypeError('refused'))));
    const { socket } = open();
    for (let n = 1; n <= 2; n += 1) (await latest(n)).drop(1006);
    await new Promise((done) => setTimeout(done));
    expect(socket.state).not.toBe('blocked');
    socket.close();
    vi.unstubAllGlobals();
  });
});
