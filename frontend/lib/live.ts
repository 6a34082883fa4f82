/**
 * What is on the screen during an interview, as a pure function of what happened: words heard, turns, answers.
 *
 *     state = reduceLive(state, { type: 'heard', source, message });
 *
 * Nothing that is being read is taken away: a new question stays behind the one on the screen until the person moves on (`reading`).
 * Utterances are known by `key` = source, line (epoch) and number. A line goes on after a lost connection; when the server had to begin a new
 * one, the unfinished utterance of the old goes: its audio is sent again and comes back whole.
 */
import type { Speaker, WhoSpeaks } from '../types/audio';
import type { FinishReason, Latency, LlmMessage, OutlineKey, OutlinePoint, QuestionKind, Schemas, Transcript, TranscribeMessage } from '../types/session';

export interface Utterance {
  key: string;
  speaker: WhoSpeaks | 'typed';
  text: string;
  /** What was heard, where it stands in other words now. */
  heard: string | null;
  /** How many characters of text will not change. */
  stable: number;
  final: boolean;
  confidence: number | null;
  latencyMs: number | null;
  turn: 'open' | 'eager' | 'ended' | 'resumed';
  question: boolean;
  kind: QuestionKind | null;
}

export interface Answer {
  id: string;
  number: number | null;
  question: string;
  /** What was heard, where the question stands in other words now. */
  heard: string | null;
  provider: string;
  model: string;
  eager: boolean;
  kind: QuestionKind | null;
  points: OutlinePoint[];
  /** What to say first; '' when nothing is known. */
  lead: string;
  keys: OutlineKey[];
  text: string;
  /** What of the text nothing supports; it may run ahead of the text by a message. */
  unsupported: Schemas['UnsupportedSpan'][];
  /** null while it is running. */
  finish: FinishReason | null;
  /** The server went down in the middle: this is what it had kept. */
  cutOff: boolean;
  transcriptId: string | null;
  latency: Latency | null;
  /** Providers that failed before their first word. */
  replaced: string[];
}

export interface LiveState {
  utterances: Utterance[];
  answers: Answer[];
  /** The id of the answer that is being read, which nothing takes away; null: the newest is shown. */
  reading: string | null;
  /** The person asked something here and waits for it: what comes next is shown at once. */
  asked: boolean;
  notice: { code: string; message: string } | null;
  engine: { engine: string; model: string } | null;
  /** null: it is not recorded. */
  recording: { audioId: string; since: number } | null;
  /** Why the recording ended by itself. */
  recordingEnded: string | null;
}

export type LiveEvent =
  | { type: 'heard'; source: string; epoch: number; speaker: Speaker; message: TranscribeMessage }
  | { type: 'answered'; message: LlmMessage }
  | { type: 'kept'; transcripts: Transcript[] }
  | { type: 'edited'; key: string; text: string }
  | { type: 'reconnected' }
  | { type: 'asked' }
  | { type: 'show'; at: number }
  | { type: 'dismissed' };

export const emptyLive: LiveState = {
  utterances: [],
  answers: [],
  reading: null,
  asked: false,
  notice: null,
  engine: null,
  recording: null,
  recordingEnded: null,
};

const UTTERANCES_MAX = 20_000; // hours of talk; the screen holds those near it, and the session keeps all

/** `bytes` of UTF-8 at the start of text, as a number of UTF-16 units; never cuts a character in two. */
export function bytesToUnits(text: string, bytes: number): number {
  let seen = 0;
  let units = 0;
  for (const char of text) {
    const code = char.codePointAt(0)!;
    seen += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (seen > bytes) break;
    units += char.length;
  }
  return units;
}

function blank(key: string, speaker: Utterance['speaker']): Utterance {
  return { key, speaker, text: '', heard: null, stable: 0, final: false, confidence: null, latencyMs: null, turn: 'open', question: false, kind: null };
}

function change(state: LiveState, key: string, speaker: WhoSpeaks, patch: Partial<Utterance>): LiveState {
  const known = state.utterances.some((u) => u.key === key);
  const utterances = known
    ? state.utterances.map((u) => (u.key === key ? { ...u, speaker, ...patch } : u))
    : [...state.utterances, { ...blank(key, speaker), ...patch }].slice(-UTTERANCES_MAX);
  return { ...state, utterances };
}

function heard(state: LiveState, event: Extract<LiveEvent, { type: 'heard' }>): LiveState {
  const { message } = event;
  if (message.type === 'ready') {
    const stale = (u: Utterance) => !u.final && u.key.startsWith(`${event.source}/`) && !u.key.startsWith(`${event.source}/${event.epoch}/`);
    return { ...state, engine: { engine: message.engine, model: message.model }, utterances: state.utterances.filter((u) => !stale(u)) };
  }
  if (message.type === 'error') return { ...state, notice: { code: message.code, message: message.message } };
  const key = `${event.source}/${event.epoch}/${message.utterance}`;
  const speaker = ('speaker' in message && message.speaker) || event.speaker;
  if (message.type === 'turn')
    return change(state, key, speaker, { turn: message.state, question: message.question, kind: message.kind ?? null });
  if (message.type === 'partial')
    return change(state, key, speaker, { text: message.text, stable: bytesToUnits(message.text, message.stable) });
  if (message.type !== 'final') return state;
  if (message.text.trim() === '') return { ...state, utterances: state.utterances.filter((u) => u.key !== key) };
  const { text, confidence, latencyMs } = message;
  return change(state, key, speaker, { text, stable: text.length, final: true, confidence, latencyMs });
}

/** Where the pair stands that it is asked again for; -1: it is a new one. */
function placeOf(answers: Answer[], { transcriptId }: Extract<LlmMessage, { type: 'started' }>): number {
  return transcriptId ? answers.findIndex((a) => a.transcriptId === transcriptId) : -1;
}

function started(answers: Answer[], message: Extract<LlmMessage, { type: 'started' }>): Answer[] {
  const fresh: Answer = {
    id: message.generationId,
    number: message.questionNumber,
    question: message.question,
    heard: message.heard ?? null,
    provider: message.provider,
    model: message.model,
    eager: message.eager,
    kind: null,
    points: [],
    lead: '',
    keys: [],
    text: '',
    unsupported: [],
    finish: null,
    cutOff: false,
    transcriptId: message.transcriptId ?? null,
    latency: null,
    replaced: [],
  };
  const at = answers.findIndex((a) => a.id === message.generationId);
  if (at >= 0) {
    const old = answers[at]!; // the next provider of the chain takes over; the outline stays
    const replaced = old.provider === message.provider ? old.replaced : [...old.replaced, old.provider];
    return answers.with(at, { ...fresh, kind: old.kind, points: old.points, lead: old.lead, keys: old.keys, replaced });
  }
  const again = placeOf(answers, message);
  if (again >= 0) return answers.with(again, fresh);
  // a guess at the same question that was overtaken gives its place to the real one, silently
  const guess = (a: Answer) => a.finish === 'superseded' && (a.number === null || a.number === message.questionNumber);
  return [...answers.filter((a) => !guess(a)), fresh];
}

/** Index of the answer on the screen; -1 when there is none. */
export function shownAt({ answers, reading }: LiveState): number {
  const at = reading === null ? -1 : answers.findIndex((a) => a.id === reading);
  return at < 0 ? answers.length - 1 : at;
}

/** Is there anything of it to read yet? */
export function hasWords(answer: Answer): boolean {
  return answer.lead !== '' || answer.points.length > 0 || answer.text !== '';
}

/** A question begins to be answered: whoever reads another answer keeps it, and whoever asked is shown what they asked for. */
function begun(state: LiveState, message: Extract<LlmMessage, { type: 'started' }>): LiveState {
  const answers = started(state.answers, message);
  const read = state.answers[shownAt(state)];
  const at = answers.findIndex((a) => a.id === message.generationId);
  const last = at === answers.length - 1;
  if (state.answers.some((a) => a.id === message.generationId)) return { ...state, answers };
  const gone = read && !answers.some((a) => a.id === read.id); // asked again, or a guess that was overtaken
  if (state.asked || gone || !read || !hasWords(read)) return { ...state, answers, reading: last ? null : message.generationId, asked: false };
  return { ...state, answers, reading: answers.at(-1)!.id === read.id ? null : read.id };
}

const ALIKE_MIN = 12; // shorter words stand in many sentences [characters]
const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();

/** The same words, or one is a part of the other: a question may be asked in several breaths. */
function alike(one: string, other: string): boolean {
  const [short, long] = [plain(one), plain(other)].toSorted((a, b) => a.length - b.length) as [string, string];
  return short === long ? short !== '' : short.length >= ALIKE_MIN && long.includes(short);
}


/** A question that was typed stands among what is said; one that was corrected, in its new words. */
function written(state: LiveState, message: Extract<LlmMessage, { type: 'started' }>): Utterance[] {
  const { question, heard, transcriptId } = message;
  if (heard) {
    const at = state.utterances.findLastIndex((u) => plain(u.text) === plain(heard) || u.key === `kept/${transcriptId}`);
    return at < 0 ? state.utterances : state.utterances.with(at, { ...state.utterances[at]!, text: question, stable: question.length, heard });
  }
  const known = message.probability !== undefined || state.utterances.slice(-50).some((u) => plain(u.text) === plain(question) || u.key === `typed/${transcriptId}`);
  if (known || state.answers.some((a) => a.id === message.generationId)) return state.utterances;
  const typed: Utterance = { ...blank(`typed/${transcriptId ?? message.generationId}`, 'typed'), text: question, stable: question.length, final: true, turn: 'ended', question: true };
  return [...state.utterances, typed].slice(-UTTERANCES_MAX);
}

/** The pair that an utterance became; null: none, or it is not known. */
export function pairOf({ answers }: LiveState, u: Utterance): string | null {
  if (u.speaker === 'candidate' || !u.final) return null;
  const [, id] = /^(?:kept|typed)\/(.+)$/.exec(u.key) ?? [];
  if (id && answers.some((a) => a.transcriptId === id)) return id;
  return answers.findLast((a) => a.transcriptId !== null && [a.question, a.heard ?? ''].some((text) => alike(text, u.text)))?.transcriptId ?? null;
}

function answered(state: LiveState, message: LlmMessage): LiveState {
  if (message.type === 'error') return { ...state, notice: { code: message.code, message: message.message } };
  if (message.type === 'started') return { ...begun(state, message), utterances: written(state, message) };
  if (message.type === 'listening' || message.type === 'partial' || message.type === 'final' || message.type === 'turn') return state; // LiveSession's
  if (message.type === 'thinking') return state; // the outline and what is said so far stay
  if (message.type === 'recording')
    return { ...state, recording: message.on ? { audioId: message.audioId, since: Date.now() - message.durationMs } : null, recordingEnded: message.why };
  const patch = (a: Answer): Answer => {
    if (a.id !== message.generationId) return a;
    if (message.type === 'outline') {
      const { kind, points, lead = '', keys = [] } = message;
      return { ...a, kind, points, lead, keys };
    }
    if (message.type === 'check') return { ...a, unsupported: message.unsupported };
    const text = a.text + message.delta;
    if (!message.finish) return { ...a, text };
    const { finishReason = 'stop', transcriptId = null, latency = null } = message;
    return { ...a, text, finish: finishReason, transcriptId, latency };
  };
  return { ...state, answers: state.answers.map(patch) };
}

function fromTranscript(t: Transcript): Answer {
  return {
    id: `kept-${t.id}`,
    number: t.questionNumber,
    question: t.question,
    heard: t.heard ?? null,
    provider: t.provider ?? '',
    model: t.model ?? '',
    eager: false,
    kind: t.kind ?? null,
    points: t.outline ?? [],
    lead: t.lead ?? '',
    keys: t.keys ?? [],
    text: t.answer,
    unsupported: t.unsupported ?? [],
    finish: t.finishReason ?? 'stop',
    cutOff: t.cutOff ?? false,
    transcriptId: t.id,
    latency: t.latency ?? null,
    replaced: [],
  };
}

/** What was said before this visit, questions and all else, as it stands in the transcript. */
function saidBefore(t: Transcript): Utterance {
  const question = t.isQuestion !== false;
  const { question: text, metrics } = t;
  return {
    ...blank(`kept/${t.id}`, t.speaker ?? (question ? 'typed' : 'interviewer')),
    text,
    heard: t.heard ?? null,
    stable: text.length,
    final: true,
    confidence: metrics.confidence,
    turn: 'ended',
    question,
    kind: question ? (t.kind ?? null) : null,
  };
}

/** What was said before this visit; the last of it may have been heard here, or be heard just now. */
function before({ utterances }: LiveState, all: Transcript[]): Utterance[] {
  const here = utterances.filter((u) => !u.key.startsWith('kept/'));
  const isHere = (t: Transcript) => here.some((u) => u.key === `typed/${t.id}` || [t.question, t.heard ?? ''].some((text) => alike(text, u.text)));
  return all.filter((t, at) => at < all.length - Math.max(4, 2 * here.length) || !isHere(t)).map(saidBefore);
}

/** Pairs the session holds: those from before this visit, and answers that ended while the connection was away. */
function kept(state: LiveState, all: Transcript[]): LiveState {
  const transcripts = all.filter((t) => t.isQuestion !== false);
  const over = new Map(transcripts.filter((t) => t.finishReason || t.cutOff).map((t) => [t.questionNumber, t]));
  const changed = (a: Answer, t: Transcript | undefined) => t && t.id === a.transcriptId && t.question !== a.question;
  const live = state.answers.map((a) => {
    const now = a.number === null ? undefined : over.get(a.number);
    return now && (a.finish === null || changed(a, now)) ? { ...fromTranscript(now), id: a.id } : a;
  });
  const known = new Set(live.map((a) => a.transcriptId));
  const running = new Set(live.map((a) => (a.finish === null ? a.number : null)));
  const more = transcripts.filter((t) => !known.has(t.id) && !running.has(t.questionNumber)).map(fromTranscript);
  const last = Number.MAX_SAFE_INTEGER;
  const answers = [...more, ...live].sort((a, b) => (a.number ?? last) - (b.number ?? last));
  return { ...state, answers, utterances: [...before(state, all), ...state.utterances.filter((u) => !u.key.startsWith('kept/'))] };
}

export function reduceLive(state: LiveState, event: LiveEvent): LiveState {
  switch (event.type) {
    case 'heard':
      return heard(state, event);
    case 'answered':
      return answered(state, event.message);
    case 'kept':
      return kept(state, event.transcripts);
    case 'edited':
      return { ...state, utterances: state.utterances.map((u) => (u.key === event.key ? { ...u, text: event.text, stable: event.text.length, heard: u.heard ?? (event.text === u.text ? null : u.text) } : u)) };
    case 'reconnected':
      return { ...state, recording: null }; // the server says it again, if it is so
    case 'asked':
      return { ...state, asked: true };
    case 'show': {
      const at = Math.max(0, Math.min(event.at, state.answers.length - 1));
      return { ...state, reading: at === state.answers.length - 1 ? null : (state.answers[at]?.id ?? null) };
    }
    case 'dismissed':
      return { ...state, notice: null };
  }
}
