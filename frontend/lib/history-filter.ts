/** What the history shows, as it stands in the address: a link to it, a reload and the back button keep it. */
import type { SessionStatus } from '../types/session';

export interface HistoryFilter {
  words: string;
  status: SessionStatus | 'all';
  /** Days of the person's own calendar, "2026-05-14"; '': none. */
  from: string;
  to: string;
  role: string;
  profileId: string;
}

export const noFilter: HistoryFilter = { words: '', status: 'all', from: '', to: '', role: '', profileId: '' };

const NAMES: Record<keyof HistoryFilter, string> = { words: 'q', status: 'status', from: 'from', to: 'to', role: 'role', profileId: 'profile' };
const KEYS = Object.keys(NAMES) as (keyof HistoryFilter)[];
const STATUSES: readonly string[] = ['active', 'completed', 'abandoned'];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function filterOf(search: string): HistoryFilter {
  const params = new URLSearchParams(search);
  const filter = { ...noFilter, ...Object.fromEntries(KEYS.map((key) => [key, params.get(NAMES[key]) ?? noFilter[key]])) } as HistoryFilter;
  if (!STATUSES.includes(filter.status)) filter.status = 'all';
  for (const day of ['from', 'to'] as const) if (!DAY.test(filter[day])) filter[day] = '';
  return filter;
}

/** "?status=completed&from=…", or '' when nothing is filtered. */
export function searchOf(filter: HistoryFilter): string {
  const set = KEYS.filter((key) => filter[key].trim() !== '' && filter[key] !== noFilter[key]);
  return set.length === 0 ? '' : `?${new URLSearchParams(set.map((key) => [NAMES[key], filter[key].trim()])).toString()}`;
}

/** Midnight here, and the last moment of the day here. */
const begins = (day: string) => new Date(`${day}T00:00:00.000`).toISOString();
const ends = (day: string) => new Date(`${day}T23:59:59.999`).toISOString();

/** The request that answers it: a list, or what is found by words. Both know the same filters. */
export function requestOf(filter: HistoryFilter, limit: number): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (filter.status !== 'all') query.set('status', filter.status);
  if (filter.from) query.set('from', begins(filter.from));
  if (filter.to) query.set('to', ends(filter.to));
  if (filter.role.trim()) query.set('role', filter.role.trim());
  if (filter.profileId) query.set('profileId', filter.profileId);
  if (!filter.words.trim()) return `/sessions?${query.toString()}`;
  query.set('q', filter.words.trim());
  return `/search?${query.toString()}`;
}
