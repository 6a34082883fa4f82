/** What to say of a posting held against a profile. */
import type { PostingMatch } from '@/types/session';

export type Requirement = PostingMatch['requirements'][number];

const NAMED = 2; // so many gaps are named; the list has them all
const LONG = 60; // [characters]

/** A requirement as part of a sentence. */
function named({ text }: Requirement): string {
  const short = text.length > LONG ? `${text.slice(0, LONG).replace(/\s+\S*$/, '')} …` : text;
  return `“${short}”`;
}

/** "; no story for “Stakeholder management” and 2 more", of what has none; "" when every one has. */
export function matchSummary(requirements: Requirement[]): string {
  const gaps = [...requirements.filter((r) => r.found === 'nothing'), ...requirements.filter((r) => r.found === 'mention')];
  if (gaps.length === 0) return '; a story for each of them.';
  const rest = gaps.length - NAMED;
  const names = gaps.slice(0, NAMED).map(named);
  return `; no story for ${rest > 0 ? `${names.join(', ')} and ${rest} more` : names.join(' and ')}.`;
}
