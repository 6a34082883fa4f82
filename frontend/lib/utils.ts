/** Small helpers of the page: class names, times, words about sessions. */
import type { WhoSpeaks } from '@/types/audio';
import type { Profile, QuestionKind, Session } from '@/types/session';

export function cn(...parts: (string | false | null | undefined)[]): string {
  return parts.filter(Boolean).join(' ');
}

/** The members that are not as they were. */
export function changesOf<T extends object>(before: T, after: T): Partial<T> {
  const changed = ([name, value]: [string, unknown]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof T]);
  return Object.fromEntries(Object.entries(after).filter(changed)) as Partial<T>;
}

/** 75 -> "1:15", 3675 -> "1:01:15". */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** 0.184 s as "184 ms", 1.234 s as "1.2 s". */
export function milliseconds(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

// By hand and not by Intl: the page speaks English only, and loading Intl's tables costs a phone a third of a second before anything works.
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number) => String(n).padStart(2, '0');

/** "Today, 14:05", "Yesterday, 09:12", "Tue, 12 May, 18:30", "3 Jan 2025". */
export function when(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const midnight = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const date = `${at.getDate()} ${MONTHS[at.getMonth()]}`;
  if (days === 0) return `Today, ${time}`;
  if (days === 1) return `Yesterday, ${time}`;
  if (at.getFullYear() === now.getFullYear()) return `${DAYS[at.getDay()]}, ${date}, ${time}`;
  return `${date} ${at.getFullYear()}`;
}

/** What to call a session: what its owner does, else the head line of its job description, else the profile's role, else "Practice". */
export function sessionTitle(session: Session, profile?: Profile | null): string {
  if (session.title) return session.title;
  const line = session.jobDescription
    .split('\n')
    .map((l) => l.replace(/^[#*\s-]+/, '').trim())
    .find((l) => l !== '');
  if (line) return line.length > 72 ? `${line.slice(0, 70).trimEnd()}…` : line;
  if (session.unreadable) return 'Damaged session';
  return profile?.role || profile?.name || 'Practice interview';
}

const KINDS: Record<QuestionKind, string> = {
  behavioral: 'Behavioural',
  technical: 'Technical',
  design: 'Design',
  situational: 'Situational',
  motivational: 'Motivation',
  background: 'Background',
  logistics: 'Logistics',
  small_talk: 'Small talk',
  closing: 'Closing',
  other: 'Question',
};

/** Who said it, for the reader. */
export function speakerName(speaker: WhoSpeaks | 'typed' | undefined): string {
  if (speaker === 'typed') return 'Typed';
  if (speaker === 'candidate') return 'You';
  if (speaker === 'interviewer2') return 'Second interviewer';
  return speaker === 'unknown' ? 'Somebody' : 'Interviewer';
}

export function kindName(kind: QuestionKind | null | undefined): string {
  return kind ? (KINDS[kind] ?? 'Question') : 'Question';
}

const FIELDS: Record<string, string> = {
  name: 'profile name',
  role: 'role',
  yearsExperience: 'years of experience',
  skills: 'skills',
  industry: 'industry',
  context: 'your profile',
  jobDescription: 'job description',
  question: 'the question',
};

export function fieldName(field: string): string {
  return FIELDS[field] ?? field;
}

const ENGINES: Record<string, string> = {
  whisper: 'Whisper',
  pocketsphinx: 'PocketSphinx',
  openai: 'OpenAI',
  groq: 'Groq',
  ollama: 'Ollama',
  compatible: 'Your own server',
  outline: 'Built-in outline',
};

/** A recogniser or an answer provider as people write it. */
export function engineName(name: string): string {
  return ENGINES[name] ?? name;
}

/** Hand an answer to the person as a file, under the name that the server gave it. */
export async function saveAnswer(response: Response, otherwise: string): Promise<void> {
  const named = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '');
  const url = URL.createObjectURL(await response.blob());
  Object.assign(document.createElement('a'), { href: url, download: named?.[1] ?? otherwise }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** 10000 -> "10,000". */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

const ASKS = /^(?:and |but |so |well,? |okay,? |ok,? )*(?:what|why|how|when|where|who|whom|whose|which|do|does|did|is|are|was|were|can|could|would|will|should|may|have|has|had)\b/i;

/** A spoken question as a headline: a recogniser hears words, and ends them with a full stop or nothing. What asks in its first words gets its mark. */
export function asAsked(question: string): string {
  return ASKS.test(question) ? question.replace(/(?<![.?!…])\.?\s*$/, '?') : question;
}

export const LANGUAGES: [string, string][] = [
  ['en', 'English'],
  ['auto', 'Find out by itself'],
  ['de', 'Deutsch'],
  ['es', 'Español'],
  ['fr', 'Français'],
  ['it', 'Italiano'],
  ['nl', 'Nederlands'],
  ['pl', 'Polski'],
  ['pt', 'Português'],
  ['ru', 'Русский'],
  ['tr', 'Türkçe'],
  ['ja', '日本語'],
  ['zh', '中文'],
];
