'use client';

import { ChevronRight, MessagesSquare, Mic } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { useState } from 'react';
import { Badge } from '@/components/ui/badge';
import { Button, buttonClass } from '@/components/ui/button';
import { EmptyState, ErrorState, SkeletonList } from '@/components/ui/states';
import { Segmented } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { useProfiles, useSessions } from '@/hooks/useSession';
import { api, sentence } from '@/lib/api-client';
import { clock, plural, sessionTitle, when } from '@/lib/utils';
import type { Profile, Schemas, Session, SessionStatus } from '@/types/session';

function StatusBadge({ status }: { status: SessionStatus }) {
  if (status === 'active') return <Badge tone="live">Open</Badge>;
  return status === 'completed' ? <Badge tone="accent">Done</Badge> : <Badge>Left</Badge>;
}

function Row({ session, profile }: { session: Session; profile?: Profile }) {
  const href = session.status === 'active' ? `/interview/${session.id}/` : `/interview/${session.id}/review/`;
  return (
    <li>
      <Link
        href={href}
        className="group flex items-center gap-4 rounded-2xl border border-line bg-surface p-4 hover:border-accent sm:px-5"
      >
        <span className="grid min-w-0 flex-1 gap-1">
          <span className="truncate font-semibold">{sessionTitle(session, profile)}</span>
          <span className="flex flex-wrap gap-x-3 gap-y-0.5 text-sm text-soft">
            <span>{when(session.createdAt)}</span>
            <span>{plural(session.questionCount, 'question')}</span>
            {session.duration > 0 && <span>{clock(session.duration)}</span>}
            {profile && <span className="truncate">{profile.name}</span>}
            {session.unreadable && <span>Some of it cannot be read</span>}
          </span>
        </span>
        <StatusBadge status={session.status} />
        <ChevronRight className="size-5 shrink-0 text-faint group-hover:text-accent" aria-hidden="true" />
      </Link>
    </li>
  );
}

function Rows({ sessions }: { sessions: Session[] }) {
  const profiles = useProfiles().data?.items ?? [];
  return (
    <ul className="grid gap-2.5">
      {sessions.map((session) => (
        <Row key={session.id} session={session} profile={profiles.find((p) => p.id === session.profileId)} />
      ))}
    </ul>
  );
}

function Nothing() {
  return (
    <EmptyState
      icon={<MessagesSquare aria-hidden="true" />}
      title="No interviews yet"
      action={
        <Link href="/interview/" className={buttonClass('primary')}>
          <Mic aria-hidden="true" />
          Start your first
        </Link>
      }
    >
      Every question and its answer is kept here, with the time each step took, and can be saved as PDF.
    </EmptyState>
  );
}

/** The latest few, for the home page. */
export function RecentSessions() {
  const { data, error, reload } = useSessions(5);
  return (
    <section aria-labelledby="recent" className="grid gap-4">
      <div className="flex items-baseline justify-between gap-4">
        <h2 id="recent" className="font-serif text-2xl">
          Recent sessions
        </h2>
        {data && data.items.length > 0 && (
          <Link href="/history/" className="font-semibold text-accent underline-offset-4 hover:underline">
            All sessions
          </Link>
        )}
      </div>
      {error ? (
        <ErrorState title="Your sessions could not be read" error={error} retry={reload} />
      ) : !data ? (
        <SkeletonList label="Reading your sessions" />
      ) : data.items.length === 0 ? (
        <Nothing />
      ) : (
        <Rows sessions={data.items} />
      )}
    </section>
  );
}

type Filter = SessionStatus | 'all';

/** Everything, page by page. */
export function SessionHistory() {
  const { data, error, reload } = useSessions(20);
  const [more, setMore] = useState<Session[]>([]);
  const [cursor, setCursor] = useState<string | null | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const [filter, setFilter] = useState<Filter>('all');
  const next = cursor === undefined ? data?.nextCursor : cursor;

  async function readMore() {
    setBusy(true);
    try {
      const page = await api.get<Schemas['SessionList']>(`/sessions?limit=20&cursor=${encodeURIComponent(next!)}`);
      setMore((old) => [...old, ...page.items]);
      setCursor(page.nextCursor);
    } catch (failure) {
      toast(sentence(failure), true);
    }
    setBusy(false);
  }

  if (error) return <ErrorState title="Your sessions could not be read" error={error} retry={reload} />;
  if (!data) return <SkeletonList rows={6} label="Reading your sessions" />;
  if (data.items.length === 0) return <Nothing />;
  const all = [...data.items, ...more];
  const shown = all.filter((s) => filter === 'all' || s.status === filter);
  return (
    <div className="grid gap-4">
      <Segmented<Filter>
        label="Which sessions"
        quiet
        value={filter}
        onChange={setFilter}
        choices={[
          { value: 'all', label: 'All' },
          { value: 'active', label: 'Open' },
          { value: 'completed', label: 'Done' },
        ]}
      />
      {shown.length > 0 ? <Rows sessions={shown} /> : <p className="py-6 text-soft">None of these here.</p>}
      {next && (
        <Button look="secondary" busy={busy} onClick={() => void readMore()} className="justify-self-center">
          Show older
        </Button>
      )}
    </div>
  );
}
