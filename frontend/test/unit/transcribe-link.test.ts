import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TranscribeLink, type TranscribeLinkOptions } from '@/lib/transcribe-link';
import { latest, TestSocket, useTestSockets } from '../support/sockets';

const FRAME = 640;
let next = 0;

/** Frames of samples that count up, so that a loss or a repetition shows. */
function frames(count: number): Int16Array[] {
  return Array.from({ length: count }, () => Int16Array.from({ length: FRAME }, () => next++ % 32768));
}
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => (from + n) % 32768);

function link(options: Partial<TranscribeLinkOptions> = {}) {
  return new TranscribeLink({
    sessionId: 's_1',
    speaker: 'interviewer',
    mode: 'hands_free',
    language: 'en',
    listener: 'this page',
    token: () => Promise.resolve('token'),
    onMessage: () => undefined,
    onState: () => undefined,
    ...options,
  });
}

async function connected(count: number, heardSamples?: number): Promise<TestSocket> {
  const wire = await latest(count);
  wire.open();
  wire.say({ type: 'ready', engine: 'pocketsphinx', model: 'en-us', heardSamples });
  return wire;
}

const final = (endMs: number, utterance = 1) => ({
  type: 'final',
  utterance,
  text: 'hello',
  isFinal: true,
  startMs: 0,
  endMs,
  confidence: 1,
  language: 'en',
  words: [],
  latencyMs: 1,
});

describe('TranscribeLink', () => {
  beforeEach(() => {
    useTestSockets();
    next = 0;
  });

  it('says what it sends, then sends audio as it comes', async () => {
    const l = link();
    const wire = await connected(1);
    frames(3).forEach((f) => l.feed(f));
    expect(wire.messages[1]).toMatchObject({
      type: 'start',
      encoding: 'pcm_s16le',
      sampleRate: 16000,
      channels: 1,
      speaker: 'interviewer',
      language: 'en',
      mode: 'hands_free',
    });
    expect(wire.audio).toEqual(numbers(0, 3 * FRAME));
    l.close();
  });

  it('holds audio back until the server is ready, losing none', async () => {
    const l = link();
    frames(5).forEach((f) => l.feed(f));
    const wire = await latest(1);
    wire.open();
    expect(wire.audio).toEqual([]);
    wire.say({ type: 'ready', engine: 'x', model: 'y' });
    expect(wire.audio).toEqual(numbers(0, 5 * FRAME));
    l.close();
  });

  it('goes on, after a drop, with the first sample that the server lacks', async () => {
    const l = link();
    const first = await connected(1);
    frames(50).forEach((f) => l.feed(f));
    first.say(final(1000));
    first.drop();
    frames(25).forEach((f) => l.feed(f));
    const second = await connected(2, 30 * FRAME); // 20 of the frames were lost on the way
    expect(second.messages[1]).toMatchObject({ resume: first.messages[1]!.resume, lastFinal: 1 });
    expect(second.audio).toEqual(numbers(30 * FRAME, 75 * FRAME));
    expect(l.epoch).toBe(1);
    second.say(final(3000, 2)); // times go on: all of it is heard
    second.drop();
    expect((await connected(3)).audio).toEqual([]);
    l.close();
  });

  it('counts a new line when the server has forgotten the old one', async () => {
    const l = link();
    const first = await connected(1);
    frames(5).forEach((f) => l.feed(f));
    first.drop();
    const second = await connected(2, 0);
    expect(l.epoch).toBe(2);
    expect(second.audio).toEqual(numbers(0, 5 * FRAME));
    l.close();
  });

  it('sends again, to a server that forgot it, everything since the last final', async () => {
    const l = link();
    const first = await connected(1);
    frames(50).forEach((f) => l.feed(f)); // 2 s
    first.say(final(1000)); // heard up to 1 s
    frames(25).forEach((f) => l.feed(f));
    first.drop();
    frames(25).forEach((f) => l.feed(f)); // while there is no connection
    const second = await connected(2);
    expect(second.audio).toEqual(numbers(16000, 100 * FRAME));
    expect(l.lostMs).toBe(0);
    l.close();
  });

  it('counts the final of the second connection from where that began', async () => {
    const l = link();
    const first = await connected(1);
    frames(50).forEach((f) => l.feed(f));
    first.say(final(1000));
    first.drop();
    const second = await connected(2);
    second.say(final(500)); // 1.5 s of the whole
    second.drop();
    const third = await connected(3);
    expect(third.audio).toEqual(numbers(24000, 50 * FRAME));
    l.close();
  });

  it('bridges 30 seconds without a connection and says what is lost beyond', async () => {
    const l = link();
    const first = await connected(1);
    first.drop();
    frames(750).forEach((f) => l.feed(f)); // 30 s
    const second = await connected(2);
    expect(second.audio.length).toBe(480_000);
    expect(l.lostMs).toBe(0);
    second.drop();
    frames(25).forEach((f) => l.feed(f)); // one more second than there is room for
    const third = await connected(3);
    expect(third.audio).toEqual(numbers(16000, 496_000));
    expect(l.lostMs).toBe(1000);
    l.close();
  });

  it('hands the browser only what it can send and goes on as that drains', async () => {
    const l = link();
    const wire = await latest(1);
    wire.open();
    frames(250).forEach((f) => l.feed(f)); // 10 s waiting
    wire.bufferedAmount = 200_000;
    wire.say({ type: 'ready', engine: 'x', model: 'y' });
    expect(wire.audio).toEqual([]);
    wire.bufferedAmount = 0;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(wire.audio).toEqual(numbers(0, 250 * FRAME));
    l.close();
  });

  it('finishes: sends the rest and stop, and waits for the server to close', async () => {
    const l = link();
    const wire = await connected(1);
    frames(2).forEach((f) => l.feed(f));
    let done = false;
    const finished = l.finish().then(() => (done = true));
    expect(wire.messages.at(-1)).toEqual({ type: 'stop' });
    expect(done).toBe(false);
    wire.drop(1000);
    await finished;
    expect(TestSocket.all.length).toBe(1);
  });

  it('looks again at a full browser from one timer, however often it is fed', async () => {
    const l = link();
    const wire = await connected(1);
    wire.bufferedAmount = 200_000;
    vi.useFakeTimers();
    try {
      frames(10).forEach((f) => l.feed(f));
      expect(vi.getTimerCount()).toBe(1);
      wire.bufferedAmount = 0;
      vi.advanceTimersByTime(20);
      expect(vi.getTimerCount()).toBe(0);
      expect(wire.audio).toEqual(numbers(0, 10 * FRAME));
    } finally {
      vi.useRealTimers();
    }
    expect(l.speaker).toBe('interviewer');
    l.close();
  });

  it('names no final of the old line once it has begun a new one', async () => {
    const l = link();
    const first = await connected(1);
    frames(50).forEach((f) => l.feed(f));
    first.say(final(1000, 7));
    first.drop();
    const second = await connected(2, 0);
    expect(second.messages[1]).toMatchObject({ lastFinal: 7 });
    second.drop();
    const third = await connected(3, 0);
    expect(third.messages[1]).toMatchObject({ lastFinal: 0 });
    l.close();
  });

  describe('push-to-talk', () => {
    it('sends nothing of what is said between two questions, but a moment before the second', async () => {
      const l = link({ mode: 'push_to_talk' });
      const first = await connected(1);
      l.press();
      frames(5).forEach((f) => l.feed(f));
      l.release();
      l.release();
      frames(20).forEach((f) => l.feed(f));
      expect(first.messages.filter((m) => m.type === 'stop')).toHaveLength(1);
      first.drop(1000);
      const second = await connected(2);
      expect(second.audio).toEqual([]);
      l.press();
      frames(2).forEach((f) => l.feed(f));
      expect(second.audio).toEqual(numbers(17 * FRAME, 27 * FRAME));
      l.close();
    });

    it('sends only what is said while the key is down, and a moment before', async () => {
      const l = link({ mode: 'push_to_talk' });
      const wire = await connected(1);
      frames(20).forEach((f) => l.feed(f));
      expect(wire.audio).toEqual([]);
      l.press();
      frames(5).forEach((f) => l.feed(f));
      l.release();
      frames(20).forEach((f) => l.feed(f));
      expect(wire.audio).toEqual(numbers(12 * FRAME, 25 * FRAME));
      expect(wire.messages.at(-1)).toEqual({ type: 'stop' });
      l.close();
    });

    it('sends the moment before the key as soon as it is pressed, though nothing follows', async () => {
      const l = link({ mode: 'push_to_talk' });
      const wire = await connected(1);
      frames(3).forEach((f) => l.feed(f));
      l.press();
      expect(wire.audio).toEqual(numbers(0, 3 * FRAME));
      l.press();
      expect(wire.audio).toEqual(numbers(0, 3 * FRAME));
      l.close();
    });

    it('is finished once, though the key is let go of afterwards', async () => {
      const l = link({ mode: 'push_to_talk' });
      const wire = await connected(1);
      l.press();
      frames(3).forEach((f) => l.feed(f));
      const finished = l.finish();
      l.release();
      frames(3).forEach((f) => l.feed(f)); // said too late
      expect(wire.audio).toEqual(numbers(0, 3 * FRAME));
      wire.drop(1000);
      await finished;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(TestSocket.all.length).toBe(1);
      expect(wire.messages.filter((m) => m.type === 'stop')).toHaveLength(1);
    });

    it('is ready for the next question on a new connection', async () => {
      const l = link({ mode: 'push_to_talk' });
      const first = await connected(1);
      l.press();
      frames(5).forEach((f) => l.feed(f));
      l.release();
      l.press(); // the next question comes before the server has closed
      frames(3).forEach((f) => l.feed(f));
      first.drop(1000);
      const second = await connected(2);
      expect(second.audio).toEqual(numbers(5 * FRAME, 8 * FRAME));
      expect(second.messages[1]!.resume).not.toBe(first.messages[1]!.resume);
      l.close();
    });

    it('asks once more for the end of an utterance that was sent whole', async () => {
      const l = link({ mode: 'push_to_talk' });
      const first = await connected(1);
      l.press();
      frames(5).forEach((f) => l.feed(f));
      l.release();
      first.drop(1006);
      const second = await connected(2, 5 * FRAME);
      expect(second.audio).toEqual([]);
      expect(second.messages.at(-1)).toEqual({ type: 'stop' });
      l.close();
    });

    it('repeats an utterance whose connection dropped before it was understood', async () => {
      const l = link({ mode: 'push_to_talk' });
      const first = await connected(1);
      l.press();
      frames(5).forEach((f) => l.feed(f));
      l.release();
      first.drop(1006);
      const second = await connected(2);
      expect(second.audio).toEqual(numbers(0, 5 * FRAME));
      expect(second.messages.at(-1)).toEqual({ type: 'stop' });
      l.close();
    });
  });
});
