'use client';

import { useTalk } from '@/hooks/useSession';
import { clock, speakerName } from '@/lib/utils';

/** Who spoke for how long, where that is known. */
export function TalkShare({ sessionId }: { sessionId: string }) {
  const talk = useTalk(sessionId).data;
  if (!talk || talk.speechMs === 0) return null;
  return (
    <section aria-labelledby="talk" className="grid gap-3 rounded-2xl border border-line bg-surface p-5">
      <h2 id="talk" className="text-sm text-faint">
        Who spoke
      </h2>
      <ul className="grid gap-2.5">
        {talk.speakers.map(({ speaker, speechMs, share }) => (
          <li key={speaker} className="grid grid-cols-[10rem_1fr_auto] items-center gap-3">
            <span>{speakerName(speaker)}</span>
            <span aria-hidden="true" className="h-2 overflow-hidden rounded-full bg-sunken">
              <span className="block h-full rounded-full bg-accent" style={{ width: `${share * 100}%` }} />
            </span>
            <span className="text-sm text-soft tabular-nums">
              {Math.round(share * 100)} %, {clock(speechMs / 1000)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
