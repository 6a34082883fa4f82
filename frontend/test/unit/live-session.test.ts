import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CaptureError } from '@/lib/audio/capture';
import { LiveSession, type LiveInput, type LiveSettings } from '@/lib/live-session';
import { latest, TestSocket, useTestSockets } from '../support/sockets';

/** What the browser was asked for, and how the person answers. */
interface Asked {
  kind: string;
  allow: () => Promise<void>;
  refuse: (why: string) => Promise<void>;
  frame: (samples: number[]) => void;
  unplug: () => void;
  stopped: boolean;
  /** Whether the browser lets its sound run. */
  running: boolean;
  resumed: number;
  deviceId: string | null | undefined;
}
const { asked } = vi.hoisted(() => ({ asked: [] as Asked[] }));

vi.mock('@/lib/audio/capture', () => ({
  CaptureError: class extends Error {
    constructor(
      message: string,
      readonly refused = false,
    ) {
      super(message);
    }
  },
  openCapture: (request: LiveInput, onFrame: (frame: object) => void, onEnded: () => void) =>
    new Promise((resolve, reject) => {
      const settled = () => new Promise<void>((done) => setTimeout(done));
      const one: Asked = {
        kind: request.kind,
        deviceId: request.deviceId,
        stopped: false,
        running: true,
        resumed: 0,
        allow: () => {
          resolve({ kind: request.kind, label: `the ${request.kind}`, running: () => one.running, resume: () => (one.resumed += 1), stop: () => (one.stopped = true) });
          return settled();
        },
        refuse: (why) => {
          reject(new CaptureError(why, why === 'not allowed'));
          return settled();
        },
        frame: (samples) => onFrame({ pcm: Int16Array.from(samples), peak: Math.max(0, ...samples.map(Math.abs)) / 32768, rms: 0 }),
        unplug: () => {
          one.stopped = true;
          onEnded();
        },
      };
      asked.push(one);
    }),
}));

const microphone: LiveInput = { kind: 'microphone', speaker: 'candidate' };
const tab: LiveInput = { kind: 'tab', speaker: 'interviewer' };

function session(settings: Partial<LiveSettings> = {}) {
  return new LiveSession({
    sessionId: 's_1',
    language: 'en',
    mode: 'hands_free',
    inputs: [microphone],
    token: () => Promise.resolve('token'),
    ...settings,
  });
}

/** The answers' socket is the first; then one for each input, in the order they were granted. */
const sockets = (path: string) => TestSocket.all.filter((s) => s.url.includes(path));
const hearing = () => sockets('/ws/transcribe');

async function listening(live: LiveSession, inputs = 1): Promise<TestSocket[]> {
  const done = live.listen();
  for (let n = 0; n < inputs; n += 1) {
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(n));
    await asked[n]!.allow();
  }
  await done;
  await vi.waitFor(() => expect(hearing()).toHaveLength(inputs));
  for (const wire of hearing()) {
    wire.open();
    wire.say({ type: 'ready', engine: 'whisper', model: 'base.en' });
  }
  return hearing();
}

describe('LiveSession', () => {
  beforeEach(() => {
    useTestSockets();
    asked.length = 0;
  });

  it('asks for the tab first, then listens to both', async () => {
    const live = session({ inputs: [microphone, tab] });
    const phases: string[] = [];
    live.listening.watch(() => phases.push(live.listening.get().phase));
    const wires = await listening(live, 2);
    expect(asked.map((a) => a.kind)).toEqual(['tab', 'microphone']);
    expect(live.listening.get()).toMatchObject({ phase: 'on', labels: ['the tab', 'the microphone'], ended: null });
    expect(wires.map((w) => w.messages[1]!.speaker)).toEqual(['interviewer', 'candidate']);
    expect(phases[0]).toBe('asking');
    live.close();
  });

  it('listens once, however often it is asked to', async () => {
    const live = session();
    void live.listen();
    await listening(live);
    await live.listen();
    expect(asked).toHaveLength(1);
    live.close();
  });

  it('says when the person refuses, and can be asked again', async () => {
    const live = session();
    const first = live.listen();
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    void asked[0]!.refuse('not allowed');
    await expect(first).rejects.toThrow('not allowed');
    expect(live.listening.get().phase).toBe('off');
    void live.listen();
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    live.close();
  });

  it('gives the tab back when the microphone is refused', async () => {
    const live = session({ inputs: [microphone, tab] });
    const done = live.listen();
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await asked[0]!.allow();
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    void asked[1]!.refuse('not allowed');
    await expect(done).rejects.toThrow();
    expect(asked[0]!.stopped).toBe(true);
    expect(live.listening.get().phase).toBe('off');
    live.close();
  });

  it.each(['close', 'end', 'stopListening'] as const)('opens nothing when %s() comes while the browser asks', async (leave) => {
    const live = session({ inputs: [microphone, tab] });
    const done = live.listen();
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await live[leave]();
    expect(live.listening.get().phase).toBe('off');
    await asked[0]!.allow();
    await done;
    expect(asked[0]!.stopped).toBe(true);
    expect(asked).toHaveLength(1); // nobody is asked for the second one
    expect(hearing()).toHaveLength(0);
    expect(live.listening.get().phase).toBe('off');
    live.close();
  });

  it('keeps quiet about a refusal nobody waits for', async () => {
    const live = session();
    const done = live.listen();
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    live.close();
    await asked[0]!.refuse('too late');
    await expect(done).resolves.toBeUndefined();
  });

  it('does not begin again once it is closed', async () => {
    const live = session();
    live.close();
    await live.listen();
    expect(asked).toHaveLength(0);
    expect(live.listening.get().phase).toBe('off');
  });

  it('sends what it hears, and nothing while muted', async () => {
    const live = session();
    const [wire] = await listening(live);
    const levels = vi.fn();
    const unwatch = live.onLevel(levels);
    asked[0]!.frame([1, 2]);
    live.mute(true);
    expect(live.listening.get().muted).toBe(true);
    asked[0]!.frame([3, 4]);
    live.mute(false);
    asked[0]!.frame([5, 6]);
    unwatch();
    asked[0]!.frame([7]);
    expect(wire!.audio).toEqual([1, 2, 5, 6, 7]);
    expect(levels).toHaveBeenCalledTimes(2);
    live.close();
    expect(asked[0]!.stopped).toBe(true);
  });

  it('puts words and answers into one state', async () => {
    const live = session({ inputs: [tab] });
    const [wire] = await listening(live);
    wire!.say({ type: 'partial', utterance: 1, text: 'Why', stable: 0, isFinal: false, startMs: 0, endMs: 10 });
    expect(live.state.get().utterances).toMatchObject([{ key: 'tab0/1/1', text: 'Why', speaker: 'interviewer' }]);
    const answers = sockets('/ws/llm-stream')[0]!;
    answers.open();
    answers.say({ type: 'started', generationId: 'g', questionNumber: 1, question: 'Why?', provider: 'groq', model: 'm', eager: true });
    expect(live.state.get().answers).toMatchObject([{ id: 'g', question: 'Why?', finish: null }]);
    live.close();
  });

  it('goes on with the other input when one ends', async () => {
    const live = session({ inputs: [microphone, tab] });
    const [wire, other] = await listening(live, 2);
    asked[0]!.frame([1]);
    asked[0]!.unplug();
    await vi.waitFor(() => expect(wire!.messages.at(-1)).toEqual({ type: 'stop' }));
    expect(live.listening.get()).toMatchObject({ phase: 'on', ended: 'tab', labels: ['the microphone'] });
    asked[1]!.frame([9]);
    expect(other!.audio).toEqual([9]);
    expect(asked[1]!.stopped).toBe(false);
    wire!.drop(1000);
    await vi.waitFor(() => expect(live.listening.get().link).toBe('open'));
    live.close();
  });

  it('rests, and says which, when the last input ends', async () => {
    const live = session({ inputs: [tab] });
    const [wire] = await listening(live);
    asked[0]!.unplug();
    await vi.waitFor(() => expect(wire!.messages.at(-1)).toEqual({ type: 'stop' }));
    expect(live.listening.get().phase).toBe('ending');
    wire!.drop(1000);
    await vi.waitFor(() => expect(live.listening.get()).toMatchObject({ phase: 'off', ended: 'tab' }));
    live.close();
  });

  it('waits for the last words before it ends', async () => {
    const live = session();
    const [wire] = await listening(live);
    const ended = live.end();
    expect(live.listening.get().phase).toBe('ending');
    expect(asked[0]!.stopped).toBe(true);
    expect(wire!.messages.at(-1)).toEqual({ type: 'stop' });
    const final = { utterance: 1, isFinal: true, startMs: 0, endMs: 10, confidence: 1, language: 'en', words: [], latencyMs: 1 };
    wire!.say({ type: 'final', text: 'the last words', ...final });
    wire!.drop(1000);
    await ended;
    expect(live.state.get().utterances).toMatchObject([{ text: 'the last words', final: true }]);
    expect(live.listening.get().phase).toBe('off');
    expect(live.answers.get()).toBe('closed');
  });

  it('shows the worst of its connections', async () => {
    const live = session({ inputs: [microphone, tab] });
    const [wire] = await listening(live, 2);
    expect(live.listening.get().link).toBe('open');
    wire!.drop();
    expect(live.listening.get().link).toBe('waiting');
    live.close();
  });

  it('listens again with what was changed', async () => {
    const live = session();
    const [wire] = await listening(live);
    const changed = live.configure({ mode: 'push_to_talk', language: 'de' });
    wire!.drop(1000);
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    await asked[1]!.allow();
    await changed;
    const second = await latest(3);
    second.open();
    expect(second.messages[1]).toMatchObject({ type: 'start', mode: 'push_to_talk', language: 'de' });
    expect(live.mode).toBe('push_to_talk');
    live.close();
  });

  it('changes quietly while it does not listen', async () => {
    const live = session();
    await live.configure({ language: 'es' });
    expect(asked).toHaveLength(0);
    live.close();
  });

  it('sends audio only while the key is down', async () => {
    const live = session({ mode: 'push_to_talk' });
    const [wire] = await listening(live);
    live.talk(true);
    live.talk(true);
    asked[0]!.frame([1, 2]);
    expect(live.listening.get().talking).toBe(true);
    live.talk(false);
    expect(live.listening.get().talking).toBe(false);
    expect(wire!.audio).toEqual([1, 2]);
    expect(wire!.messages.at(-1)).toEqual({ type: 'stop' });
    live.close();
  });

  it('has no key to hold in hands-free mode', async () => {
    const live = session();
    await listening(live);
    live.talk(true);
    expect(live.listening.get().talking).toBe(false);
    live.close();
  });

  it('asks as soon as the answers are connected, the latest question only', async () => {
    const live = session();
    const wire = await latest(1);
    live.ask('First?');
    live.ask('Second?');
    expect(wire.messages).toHaveLength(0);
    wire.open();
    expect(wire.messages.slice(1)).toEqual([{ type: 'generate', question: 'Second?' }]);
    wire.drop();
    expect(live.interrupt()).toBe(false);
    live.ask('Corrected?', 't_1');
    const back = await latest(2);
    back.open();
    expect(back.messages.slice(1)).toEqual([{ type: 'generate', question: 'Corrected?', transcriptId: 't_1' }]);
    live.close();
  });

  it('interrupts over the open connection', async () => {
    const live = session();
    const wire = await latest(1);
    wire.open();
    expect(live.interrupt()).toBe(true);
    expect(wire.messages.at(-1)).toEqual({ type: 'interrupt' });
    live.ask('Now?');
    expect(wire.messages.at(-1)).toEqual({ type: 'generate', question: 'Now?' });
    live.close();
  });
});

describe('an input that is not well', () => {
  beforeEach(() => {
    useTestSockets();
    asked.length = 0;
  });
  afterEach(() => vi.useRealTimers());

  /** Listens; from then on the clock stands still between pass() and pass(). */
  async function watched(settings: Partial<LiveSettings> = {}, inputs = 1) {
    const live = session(settings);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    await listening(live, inputs);
    return live;
  }
  /** Time goes by, with or without a frame every 40 ms. */
  function pass(ms: number, ...frames: [Asked, number][]) {
    for (let t = 0; t < ms; t += 40) {
      frames.forEach(([one, sample]) => one.frame([sample]));
      vi.advanceTimersByTime(40);
    }
  }
  const settled = () => new Promise((done) => setTimeout(done));

  it('is said to be well while sound comes', async () => {
    const live = await watched();
    pass(20_000, [asked[0]!, 7]);
    expect(live.listening.get().ailing).toBeNull();
    live.close();
  });

  it('is opened anew after a second without a frame, the line staying as it is', async () => {
    const live = await watched({ inputs: [{ ...microphone, deviceId: 'desk' }] });
    pass(2000, [asked[0]!, 7]);
    pass(1600);
    expect(live.listening.get().ailing).toEqual({ kind: 'microphone', what: 'stalled' });
    expect(asked).toHaveLength(2);
    expect(asked[1]!.deviceId).toBe('desk');
    await asked[1]!.allow();
    expect(asked[0]!.stopped).toBe(true);
    pass(1000, [asked[1]!, 9]);
    expect(live.listening.get().ailing).toBeNull();
    expect(hearing()).toHaveLength(1);
    expect(hearing()[0]!.audio.at(-1)).toBe(9);
    live.close();
  });

  it('takes a page that stood still for no sick microphone', async () => {
    const live = await watched();
    pass(1000, [asked[0]!, 7]);
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + 30_000); // asleep
    vi.advanceTimersByTime(500);
    expect(live.listening.get().ailing).toBeNull();
    vi.mocked(performance.now).mockRestore();
    live.close();
  });

  it('is said to give only silence after eight seconds of zeros, until it gives more', async () => {
    const live = await watched();
    pass(1000, [asked[0]!, 7]);
    pass(7000, [asked[0]!, 0]);
    expect(live.listening.get().ailing).toBeNull();
    pass(2000, [asked[0]!, 0]);
    expect(live.listening.get().ailing).toEqual({ kind: 'microphone', what: 'silent' });
    pass(30_000, [asked[0]!, 0]);
    expect(live.listening.get().ailing?.what).toBe('silent');
    expect(asked).toHaveLength(1); // a switch is turned on by a person
    pass(1000, [asked[0]!, 7]);
    expect(live.listening.get().ailing).toBeNull();
    live.close();
  });

  it('is asked to run again while the browser holds it back', async () => {
    const live = await watched();
    asked[0]!.running = false;
    pass(600);
    expect(live.listening.get().ailing).toEqual({ kind: 'microphone', what: 'suspended' });
    expect(asked[0]!.resumed).toBeGreaterThan(0);
    expect(asked).toHaveLength(1);
    asked[0]!.running = true;
    pass(1000, [asked[0]!, 7]);
    expect(live.listening.get().ailing).toBeNull();
    live.close();
  });

  it('comes back as another device when it is unplugged', async () => {
    const live = await watched({ inputs: [{ ...microphone, deviceId: 'headset' }] });
    asked[0]!.unplug();
    expect(live.listening.get()).toMatchObject({ phase: 'on', ended: null, ailing: { kind: 'microphone', what: 'gone' } });
    expect(asked[1]!.deviceId).toBe('headset');
    await asked[1]!.refuse('there is none');
    expect(live.listening.get().ailing?.what).toBe('gone');
    pass(2600);
    expect(asked).toHaveLength(3);
    expect(asked[2]!.deviceId).toBeNull();
    await asked[2]!.allow();
    await settled();
    expect(live.listening.get()).toMatchObject({ phase: 'on', ailing: null });
    live.close();
    expect(asked[2]!.stopped).toBe(true);
  });

  it('is not asked for again when the person has forbidden it; the other one goes on', async () => {
    const live = await watched({ inputs: [microphone, tab] }, 2);
    asked[1]!.unplug();
    await asked[2]!.refuse('not allowed');
    await settled();
    expect(live.listening.get()).toMatchObject({ phase: 'on', ended: 'microphone', ailing: null });
    pass(30_000, [asked[0]!, 5]);
    expect(asked).toHaveLength(3);
    expect(hearing()[0]!.audio.at(-1)).toBe(5);
    const again = live.listenAgain();
    await asked[3]!.allow();
    await again;
    expect(live.listening.get()).toMatchObject({ phase: 'on', ended: null, labels: ['the tab', 'the microphone'] });
    live.close();
  });

  it('gives back what the browser opens after the end', async () => {
    const live = await watched();
    asked[0]!.unplug();
    live.close();
    await asked[1]!.allow();
    await settled();
    expect(asked[1]!.stopped).toBe(true);
  });
});

describe('several pages of one session', () => {
  beforeEach(() => {
    useTestSockets();
    asked.length = 0;
  });
  const line = (number: number, listener: string | null, speaker = 'interviewer') => ({ line: number, speaker, listener });

  it('show what another one hears, and that it listens', async () => {
    const live = session();
    const wire = await latest(1);
    wire.open();
    wire.say({ type: 'listening', lines: [line(3, 'another page'), line(4, 'another page', 'candidate')] });
    expect(live.elsewhere.get()).toBe(true);
    wire.say({ type: 'partial', line: 3, utterance: 1, text: 'Why us', stable: 3, isFinal: false, startMs: 0, endMs: 10 });
    wire.say({ type: 'turn', line: 3, utterance: 1, state: 'ended', question: true, kind: 'motivational' });
    wire.say({ type: 'partial', line: 4, utterance: 1, text: 'Because', stable: 3, isFinal: false, startMs: 0, endMs: 10, speaker: 'candidate' });
    expect(live.state.get().utterances).toMatchObject([
      { text: 'Why us', speaker: 'interviewer', question: true, turn: 'ended' },
      { text: 'Because', speaker: 'candidate' },
    ]);
    wire.say({ type: 'listening', lines: [line(9, null)] }); // a program: nobody to take over from
    expect(live.elsewhere.get()).toBe(false);
    wire.say({ type: 'partial', line: 9, utterance: 1, text: 'And then', stable: 3, isFinal: false, startMs: 0, endMs: 10 });
    expect(live.state.get().utterances).toHaveLength(3);
    live.close();
  });

  it('hear themselves once', async () => {
    const live = session();
    const [wire] = await listening(live);
    const listener = wire!.messages[1]!.listener as string;
    expect(listener.length).toBeGreaterThanOrEqual(16);
    const answers = sockets('/ws/llm-stream')[0]!;
    answers.open();
    answers.say({ type: 'listening', lines: [line(1, listener)] });
    answers.say({ type: 'partial', line: 1, utterance: 1, text: 'Why', stable: 0, isFinal: false, startMs: 0, endMs: 10 });
    expect(live.elsewhere.get()).toBe(false);
    expect(live.state.get().utterances).toEqual([]);
    live.close();
  });

  it('take over when the person says so, and not by merely coming back', async () => {
    const live = session();
    const done = live.listen(true);
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await asked[0]!.allow();
    await done;
    await vi.waitFor(() => expect(hearing()).toHaveLength(1));
    const [wire] = hearing();
    wire!.open();
    expect(wire!.messages[1]).toMatchObject({ type: 'start', takeOver: true });
    wire!.say({ type: 'ready', engine: 'whisper', model: 'base.en' });
    wire!.drop();
    await vi.waitFor(() => expect(hearing()).toHaveLength(2), 3000);
    hearing()[1]!.open();
    expect(hearing()[1]!.messages[1]).toMatchObject({ type: 'start', takeOver: false });
    live.close();
  });

  it('stop, and say so, when another one takes over', async () => {
    const live = session({ inputs: [microphone, tab] });
    const wires = await listening(live, 2);
    wires[0]!.drop(4409);
    expect(live.listening.get()).toMatchObject({ phase: 'off', taken: true });
    expect(asked.every((one) => one.stopped)).toBe(true);
    void live.listen(true);
    expect(live.listening.get()).toMatchObject({ phase: 'asking', taken: false });
    live.close();
  });
});
