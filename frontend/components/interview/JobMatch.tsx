'use client';

import { BookOpen, Check, CircleDashed } from 'lucide-react';
import { Skeleton } from '@/components/ui/states';
import { useMatch } from '@/hooks/useResume';
import { sentence } from '@/lib/api-client';
import { matchSummary, type Requirement } from '@/lib/match';

const FOUND: Record<Requirement['found'], { icon: typeof Check; says: string; look: string }> = {
  story: { icon: BookOpen, says: 'A story tells it', look: 'text-accent' },
  mention: { icon: Check, says: 'Mentioned, no story', look: 'text-soft' },
  nothing: { icon: CircleDashed, says: 'Nothing found', look: 'text-mark-ink' },
};

const FIELDS: Record<string, string> = { skills: 'Skill', yearsExperience: 'Years of experience', role: 'Role', industry: 'Industry' };

function Item({ requirement }: { requirement: Requirement }) {
  const { icon: Icon, says, look } = FOUND[requirement.found];
  const { source } = requirement;
  const where = source && (FIELDS[source.field] ?? (requirement.found === 'story' ? source.heading : null));
  return (
    <li className="grid grid-cols-[1.25rem_1fr] gap-x-3 py-3">
      <Icon className={`mt-1 size-4.5 ${look}`} aria-hidden="true" />
      <div className="grid min-w-0 gap-1">
        <p dir="auto" className="font-semibold">
          {requirement.text}
        </p>
        <p className={`text-sm ${look}`}>
          {says}
          {where && <span className="text-faint"> · {where}</span>}
        </p>
        {source && (
          <blockquote dir="auto" className="line-clamp-4 border-l-2 border-line-strong pl-3 font-serif text-[1.02rem] leading-snug text-soft">
            {source.quote}
          </blockquote>
        )}
      </div>
    </li>
  );
}

/** How much of the posting the profile speaks of, requirement by requirement with the passage, before the call. */
export function JobMatch({ profileId, posting }: { profileId: string | null; posting: string }) {
  const { data, error, loading } = useMatch(profileId, posting);
  if (!profileId || posting.trim() === '') return null;
  if (error) return <p className="text-sm text-soft">The posting could not be held against your profile: {sentence(error)}</p>;
  if (!data) return loading ? <Skeleton className="h-14 rounded-xl" /> : null;
  if (data.total === 0) return <p className="text-sm text-soft">No requirements were found in the posting. Bullets, or sentences such as “You have led a team”, count as such.</p>;
  return (
    <details className="group rounded-xl border border-line bg-raised">
      <summary className="cursor-pointer rounded-xl px-4 py-3 leading-snug marker:text-faint">
        <span className="font-semibold">
          {data.covered} of {data.total} requirements covered
        </span>
        <span className="text-soft">{matchSummary(data.requirements)}</span>
      </summary>
      <div className="border-t border-line px-4 pb-4">
        <ul className="divide-y divide-line">
          {data.requirements.map((requirement, i) => (
            <Item key={`${i} ${requirement.text}`} requirement={requirement} />
          ))}
        </ul>
        <p className="text-sm text-faint">
          “Covered” means that your profile has a passage about it, found by {data.by === 'meaning' ? 'words and meaning' : 'words alone'}: something to say when it is asked, not that it is
          enough. Guesses can be wrong either way; read the passages.
        </p>
      </div>
    </details>
  );
}
