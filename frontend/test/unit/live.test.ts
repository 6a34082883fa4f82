import { describe, expect, it } from 'vitest';
import { bytesToUnits, emptyLive, pairOf, reduceLive, shownAt, type LiveEvent, type LiveState } from '@/lib/live';
import type { LlmMessage, Transcript, TranscribeMessage } from '@/types/session';

const heard = (message: TranscribeMessage, epoch = 1): LiveEvent => ({ type: 'heard', source: 'mic', epoch, speaker: 'interviewer', message });
const answered = (message: LlmMessage): LiveEvent => ({ type: 'answered', message });
const after = (...events: LiveEvent[]): LiveState => events.reduce(reduceLive, emptyLive);

const partial = (text: string, stable: number, utterance = 1) =>
  heard({ type: 'partial', utterance, text, stable, isFinal: false, startMs: 0, endMs: 500 });
const final = (text: string, utterance = 1, epoch = 1) =>
  heard({ type: 'final', utterance, text, isFinal: true, startMs: 0, endMs: 900, confidence: 0.9, language: 'en', words: [], latencyMs: 180 }, epoch);
const started = (generationId: string, question: string, provider = 'groq', eager = false, questionNumber = 1) =>
  answered({ type: 'started', generationId, questionNumber, question, provider, model: 'm', eager });
const delta = (generationId: string, text: string) => answered({ type: 'delta', generationId, delta: text, finish: false });
const finish = (generationId: string, finishReason: 'stop' | 'superseded' | 'interrupted' = 'stop', transcriptId: string | null = 't_1') =>
  answered({
    type: 'delta',
    generationId,
    delta: '',
    finish: true,
    finishReason,
    transcriptId,
    latency: { finalMs: 180, outlineMs: 190, firstTokenMs: 400, totalMs: 900 },
  });

describe('words heard', () => {
  it('shows a partial with the part that will not change, and replaces it by the next', () => {
    const state = after(partial('tell me', 0), partial('tell me about', 7));
    expect(state.utterances).toHaveLength(1);
    expect(state.utterances[0]).toMatchObject({ text: 'tell me about', stable: 7, final: false });
  });

  it('counts the stable part in characters although the wire counts bytes', () => {
    expect(bytesToUnits('schöne Größe', 7)).toBe(6);
    expect(bytesToUnits('日本語です', 6)).toBe(2);
    expect(bytesToUnits('a👍b', 5)).toBe(3);
    expect(bytesToUnits('a👍b', 3)).toBe(1);
    expect(bytesToUnits('abc', 99)).toBe(3);
  });

  it('takes the voice for who speaks, also when it is known later than the first words', () => {
    const begun = reduceLive(emptyLive, partial('so', 0));
    expect(begun.utterances[0]).toMatchObject({ speaker: 'interviewer' });
    const told = reduceLive(begun, heard({ type: 'turn', utterance: 1, state: 'ended', question: false, speaker: 'candidate', voice: 0.9 }));
    expect(told.utterances[0]).toMatchObject({ speaker: 'candidate' });
  });

  it('makes a final of it, with its turn', () => {
    const state = after(
      partial('why us', 3),
      heard({ type: 'turn', utterance: 1, state: 'eager', question: true, kind: 'motivational' }),
      final('Why us?'),
      heard({ type: 'turn', utterance: 1, state: 'ended', question: true, kind: 'motivational' }),
    );
    expect(state.utterances[0]).toMatchObject({ text: 'Why us?', final: true, turn: 'ended', question: true, kind: 'motivational', latencyMs: 180 });
  });

  it('drops an utterance that turned out to hold no words', () => {
    expect(after(partial('uh', 0), final('')).utterances).toEqual([]);
  });

  const ready = (epoch: number, source = 'mic'): LiveEvent => ({
    type: 'heard',
    source,
    epoch,
    speaker: 'interviewer',
    message: { type: 'ready', engine: 'x', model: 'y' },
  });

  it('keeps the unfinished utterance of a line that goes on after a lost connection', () => {
    const state = after(ready(1), partial('tell me abo', 0), ready(1), final('Tell me about it.'));
    expect(state.utterances.map((u) => u.text)).toEqual(['Tell me about it.']);
  });

  it('keeps utterances of two lines apart, and drops the unfinished one of the old', () => {
    const state = after(ready(1), final('First.'), partial('second ha', 0, 2), ready(2), final('Second half.', 1, 2));
    expect(state.utterances.map((u) => u.text)).toEqual(['First.', 'Second half.']);
  });

  it('does not touch other sources when one begins anew', () => {
    const tab: LiveEvent = { ...(partial('from the tab', 0) as Extract<LiveEvent, { type: 'heard' }>), source: 'tab' };
    expect(after(tab, ready(2)).utterances).toHaveLength(1);
  });

  it('keeps a correction', () => {
    const state = after(final('new text'));
    expect(reduceLive(state, { type: 'edited', key: state.utterances[0]!.key, text: 'mutex' }).utterances[0]!.text).toBe('mutex');
  });

  it('tells of an error until it is dismissed', () => {
    const state = after(heard({ type: 'error', code: 'overloaded', message: 'Full.' }));
    expect(state.notice).toEqual({ code: 'overloaded', message: 'Full.' });
    expect(reduceLive(state, { type: 'dismissed' }).notice).toBeNull();
  });
});

describe('answers', () => {
  it('grows with each delta and ends with its figures', () => {
    const state = after(started('g1', 'Why us?'), delta('g1', 'Because'), delta('g1', ' you'), finish('g1'));
    expect(state.answers[0]).toMatchObject({ text: 'Because you', finish: 'stop', transcriptId: 't_1' });
    expect(state.answers[0]!.latency?.firstTokenMs).toBe(400);
  });

  it('keeps the outline when the next provider takes over', () => {
    const points = [{ text: 'P', source: { field: 'context' as const, quote: 'P' } }];
    const state = after(
      started('g1', 'Why us?', 'groq'),
      answered({ type: 'outline', generationId: 'g1', kind: 'motivational', points }),
      started('g1', 'Why us?', 'ollama'),
    );
    expect(state.answers).toHaveLength(1);
    expect(state.answers[0]).toMatchObject({ provider: 'ollama', replaced: ['groq'], points, kind: 'motivational' });
  });

  const check = (generationId: string, ...spans: [number, number][]) =>
    answered({ type: 'check', generationId, unsupported: spans.map(([start, end]) => ({ start, end, why: 'number' as const })) });

  it('takes each check in the place of the one before', () => {
    const state = after(started('g1', 'Why us?'), delta('g1', 'I cut 37 of 90'), check('g1', [6, 8]), check('g1', [6, 8], [12, 14]), check('g2', [0, 1]));
    expect(state.answers[0]!.unsupported.map((span) => span.start)).toEqual([6, 12]);
    expect(reduceLive(state, check('g1')).answers[0]!.unsupported).toEqual([]);
  });

  it('forgets what was in doubt with the words it was in', () => {
    const state = after(started('g1', 'Why us?'), delta('g1', 'I cut 37'), check('g1', [6, 8]), started('g1', 'Why us?', 'ollama'));
    expect(state.answers[0]).toMatchObject({ text: '', unsupported: [] });
  });

  it('shows lead and keys with the outline, and keeps them when the next provider takes over', () => {
    const keys = [{ text: 'from 4 h to 35 minutes', number: '35 minutes' }];
    const outline = answered({ type: 'outline', generationId: 'g1', kind: 'behavioral', points: [], lead: 'I led the move.', keys, fits: true });
    const state = after(started('g1', 'Why us?'), outline, started('g1', 'Why us?', 'ollama'));
    expect(state.answers[0]).toMatchObject({ lead: 'I led the move.', keys });
  });

  it('puts the real question in the place of an overtaken guess', () => {
    const state = after(
      started('g1', 'Why do you', 'groq', true),
      delta('g1', 'x'),
      finish('g1', 'superseded', null),
      started('g2', 'Why do you want this job?'),
    );
    expect(state.answers.map((a) => a.question)).toEqual(['Why do you want this job?']);
  });

  it('leaves finished answers in place when another begins', () => {
    expect(after(started('g1', 'A?'), finish('g1', 'interrupted'), started('g2', 'B?')).answers).toHaveLength(2);
  });

  it('ignores a delta of a generation it never saw begin', () => {
    expect(after(delta('g9', 'x')).answers).toEqual([]);
  });

  const pair = (id: string, n: number): Transcript => ({
    id,
    sessionId: 's',
    questionNumber: n,
    question: `Q${n}`,
    answer: 'A',
    timestamp: '2026-01-01T00:00:00.000Z',
    metrics: { responseTime: 1, wordCount: 1, confidence: 1, qualityScore: null },
    audioUrl: null,
  });

  it('shows the pairs of an earlier visit first, each once', () => {
    const state = after(started('g1', 'Q3', 'groq', false, 3), finish('g1', 'stop', 't3'), { type: 'kept', transcripts: [pair('t1', 1), pair('t2', 2), pair('t3', 3)] });
    expect(state.answers.map((a) => a.question)).toEqual(['Q1', 'Q2', 'Q3']);
  });

  it('shows what was said before a reload, questions and the rest', () => {
    const said: Transcript = { ...pair('t1', 1), question: 'We make lamps.', answer: '', isQuestion: false, speaker: 'interviewer' };
    const state = after({ type: 'kept', transcripts: [said, pair('t2', 1)] });
    expect(state.utterances.map((u) => [u.text, u.question])).toEqual([
      ['We make lamps.', false],
      ['Q1', true],
    ]);
    expect(state.answers.map((a) => a.question)).toEqual(['Q1']);
  });

  it('shows the end of an answer that was given while the connection was away', () => {
    const away = after(started('g1', 'Q1'), delta('g1', 'I wou'));
    const state = reduceLive(away, { type: 'kept', transcripts: [{ ...pair('t1', 1), answer: 'I would.', finishReason: 'stop' }] });
    expect(state.answers).toMatchObject([{ text: 'I would.', finish: 'stop', transcriptId: 't1' }]);
  });

  it('says which answers a killed server left cut off', () => {
    const state = after({ type: 'kept', transcripts: [{ ...pair('t1', 1), answer: 'I wou', cutOff: true }, pair('t2', 2)] });
    expect(state.answers.map((a) => [a.text, a.cutOff])).toEqual([
      ['I wou', true],
      ['A', false],
    ]);
  });

  it('shows what is kept of an answer that streamed when the server was killed', () => {
    const away = after(started('g1', 'Q1'), delta('g1', 'I wou'));
    const state = reduceLive(away, { type: 'kept', transcripts: [{ ...pair('t1', 1), answer: 'I would', cutOff: true }] });
    expect(state.answers).toMatchObject([{ text: 'I would', cutOff: true, transcriptId: 't1' }]);
    expect(state.answers[0]!.finish).not.toBeNull();
  });

  it('leaves an answer that is still being written alone', () => {
    const state = after(started('g1', 'Q1'), delta('g1', 'I wou'), { type: 'kept', transcripts: [{ ...pair('t1', 1), answer: '' }] });
    expect(state.answers).toMatchObject([{ id: 'g1', text: 'I wou', finish: null }]);
  });
});

describe('what is being read', () => {
  const read = [started('g1', 'One?'), delta('g1', 'First.')];
  const shown = (state: LiveState) => state.answers[shownAt(state)]?.question;

  it('stays until the person moves on', () => {
    const state = after(...read, finish('g1'), started('g2', 'Two?', 'groq', false, 2), delta('g2', 'Second.'), finish('g2', 'stop', 't_2'), started('g3', 'Three?', 'groq', false, 3));
    expect(shown(state)).toBe('One?');
    expect(shown(reduceLive(state, { type: 'show', at: 1 }))).toBe('Two?');
    const newest = reduceLive(state, { type: 'show', at: 99 });
    expect([shown(newest), newest.reading]).toEqual(['Three?', null]);
    expect(shown(reduceLive(newest, { type: 'show', at: -1 }))).toBe('One?');
  });

  it('gives way while there is nothing of it to read', () => {
    expect(shown(after(started('g1', 'One?'), started('g2', 'Two?', 'groq', false, 2)))).toBe('Two?');
  });

  it('gives way to what the person asks', () => {
    expect(shown(after(...read, { type: 'asked' }, started('g2', 'Two?', 'groq', false, 2)))).toBe('Two?');
    expect(shown(after(...read, { type: 'asked' }, started('g2', 'Two?', 'groq', false, 2), delta('g2', 'x'), started('g3', 'Three?', 'groq', false, 3)))).toBe('Two?');
  });

  it('stays when the next question cut it off, and says so', () => {
    const state = after(...read, finish('g1', 'superseded', null), started('g2', 'Two?', 'groq', false, 2));
    expect(state.answers[shownAt(state)]).toMatchObject({ question: 'One?', text: 'First.', finish: 'superseded' });
  });

  it('is replaced in its place by the same question, heard better', () => {
    const state = after(...read, finish('g1', 'superseded', null), started('g2', 'One, then?'));
    expect(state.answers.map((a) => a.question)).toEqual(['One, then?']);
    expect(shown(state)).toBe('One, then?');
  });
});

describe('a question that is corrected', () => {
  const again = (generationId: string, question: string, transcriptId: string, heardBefore?: string): LiveEvent =>
    answered({ type: 'started', generationId, questionNumber: 1, question, provider: 'groq', model: 'm', eager: false, probability: 0.9, transcriptId, ...(heardBefore && { heard: heardBefore }) });

  it('replaces its pair, in its place, and shows it to whoever asked', () => {
    const two = after(again('g1', 'What is a mute x?', 't_1'), delta('g1', 'A'), finish('g1'), started('g2', 'Why us?', 'groq', false, 2), delta('g2', 'B'), finish('g2', 'stop', 't_2'));
    const state = [{ type: 'asked' } as LiveEvent, again('g3', 'What is a mutex?', 't_1', 'What is a mute x?')].reduce(reduceLive, two);
    expect(state.answers.map((a) => [a.id, a.question, a.heard])).toEqual([
      ['g3', 'What is a mutex?', 'What is a mute x?'],
      ['g2', 'Why us?', null],
    ]);
    expect(shownAt(state)).toBe(0);
    expect(state.asked).toBe(false);
    const elsewhere = reduceLive(reduceLive(two, { type: 'show', at: 1 }), again('g3', 'What is a mutex?', 't_1', 'What is a mute x?')); // in another page
    expect(shownAt(elsewhere)).toBe(1);
  });

  it('stays in sight where the corrected one is being read', () => {
    const two = after(again('g1', 'Mute x?', 't_1'), delta('g1', 'A'), started('g2', 'Why us?', 'groq', false, 2), { type: 'show', at: 0 });
    const state = reduceLive(two, again('g3', 'Mutex?', 't_1', 'Mute x?'));
    expect(state.answers[shownAt(state)]!.id).toBe('g3');
  });

  it('has its new words among what is said, with the old ones beside', () => {
    const state = after(partial('What is a mute x?', 0), final('What is a mute x?'), again('g1', 'What is a mutex?', 't_1', 'What is a mute x?'));
    expect(state.utterances).toMatchObject([{ text: 'What is a mutex?', heard: 'What is a mute x?' }]);
  });

  it('is found by the words it was heard in, and by no others', () => {
    const state = after(final('so'), final('Tell me about a time you led a project', 2), again('g1', 'So tell me about a time you led a project.', 't_1'), final('I led it with nine people and a plan', 3));
    expect(state.utterances.map((u) => pairOf(state, u))).toEqual([null, 't_1', null]);
  });
});

describe('what is said, also before this visit', () => {
  const typed = (generationId: string, question: string): LiveEvent =>
    answered({ type: 'started', generationId, questionNumber: 1, question, provider: 'groq', model: 'm', eager: false, transcriptId: 't_9' });
  const row = (id: string, question: string, more: Partial<Transcript> = {}): Transcript => ({
    id,
    sessionId: 's_1',
    questionNumber: 1,
    question,
    answer: '',
    timestamp: '2026-05-14T09:21:53.589Z',
    metrics: { responseTime: 0, wordCount: 0, confidence: 1, qualityScore: 0 },
    audioUrl: null,
    ...more,
  });

  it('has a typed question once, and a spoken one not again', () => {
    expect(after(typed('g1', 'Why us?')).utterances).toMatchObject([{ text: 'Why us?', speaker: 'typed' }]);
    expect(after(typed('g1', 'Why us?'), typed('g1', 'Why us?')).utterances).toHaveLength(1);
    expect(after(final('Why us'), typed('g1', 'Why us?')).utterances).toHaveLength(1);
    expect(after(final('Why us'), typed('g1', 'Why us?')).utterances[0]!.speaker).toBe('interviewer');
  });

  it('comes in front of what is heard just now, which is not said twice', () => {
    const rows = [row('t_1', 'Welcome to the interview.', { isQuestion: false, speaker: 'interviewer' }), row('t_2', 'Tell me about a time you led a project?', { speaker: 'interviewer' })];
    const state = after(final('Tell me about a time you led a project'), { type: 'kept', transcripts: rows });
    expect(state.utterances.map((u) => u.text)).toEqual(['Welcome to the interview.', 'Tell me about a time you led a project']);
    const more = reduceLive(state, { type: 'kept', transcripts: [row('t_0', 'Hello there, everybody.', { isQuestion: false, speaker: 'interviewer' }), ...rows] });
    expect(more.utterances).toHaveLength(3);
  });

  it('shows a pair that was corrected while the connection was away', () => {
    const before = after(answered({ type: 'started', generationId: 'g1', questionNumber: 1, question: 'Mute x?', provider: 'groq', model: 'm', eager: false, transcriptId: 't_1' }), delta('g1', 'A'), finish('g1'));
    const state = reduceLive(before, { type: 'kept', transcripts: [row('t_1', 'Mutex?', { heard: 'Mute x?', answer: 'B', finishReason: 'stop' })] });
    expect(state.answers).toMatchObject([{ id: 'g1', question: 'Mutex?', heard: 'Mute x?', text: 'B' }]);
  });
});
