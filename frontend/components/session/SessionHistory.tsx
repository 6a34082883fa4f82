'use client';

import { ChevronRight, MessagesSquare, Mic } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { Fragment, useEffect, useState } from 'react';
import { Badge } from '@/components/ui/badge';
import { Button, buttonClass } from '@/components/ui/button';
import { EmptyState, ErrorState, SkeletonList } from '@/components/ui/states';
import { Input, Segmented } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { useList, useProfiles, useSessions } from '@/hooks/useSession';
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
type Hit = Schemas['SearchResults']['items'][number];
type Match = Schemas['SearchMatch'];

const FIELDS: Record<Match['field'], string> = { title: 'Name', jobDescription: 'Job description', question: 'Question', answer: 'Answer', line: 'Said' };
const SEARCH_AFTER_MS = 250;
const SEARCH_MAX = 200; // characters, as the server takes them

/** The excerpt with its found words marked; places are told in code points. */
function Excerpt({ match }: { match: Match }) {
  const letters = Array.from(match.excerpt);
  const part = (from: number, to?: number) => letters.slice(from, to).join('');
  return (
    <>
      {match.marks.map(({ start, end }, n) => (
        <Fragment key={start}>
          {part(n ? match.marks[n - 1]!.end : 0, start)}
          <mark className="rounded-sm bg-accent-soft font-semibold text-ink">{part(start, end)}</mark>
        </Fragment>
      ))}
      {part(match.marks.at(-1)?.end ?? 0)}
    </>
  );
}

/** A session that was found, and where in it. */
function Found({ hit, profile }: { hit: Hit; profile?: Profile }) {
  const { session } = hit;
  const review = `/interview/${session.id}/review/`;
  return (
    <li className="grid gap-2 rounded-2xl border border-line bg-surface p-4 sm:px-5">
      <div className="flex items-center gap-4">
        <Link href={review} className="min-w-0 flex-1 truncate font-semibold hover:text-accent">
          {sessionTitle(session, profile)}
        </Link>
        <StatusBadge status={session.status} />
      </div>
      <p className="text-sm text-soft">{when(session.createdAt)}</p>
      <ul className="grid gap-1.5">
        {hit.matches.map((match) => (
          <li key={match.transcriptId ?? 'head'} className="text-sm">
            <Link href={match.transcriptId ? `${review}#${match.transcriptId}` : review} className="block rounded-lg hover:text-accent">
              <span className="text-faint">
                {FIELDS[match.field]}
                {match.questionNumber !== null && match.field !== 'line' && ` ${match.questionNumber}`}:{' '}
              </span>
              <Excerpt match={match} />
            </Link>
          </li>
        ))}
      </ul>
    </li>
  );
}

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** A list that is read page by page: what follows goes with the path, which says what is listed. */
function usePages<T>(path: string, first: Page<T> | undefined) {
  const [more, setMore] = useState<{ path: string; items: T[]; cursor: string | null } | null>(null);
  const [busy, setBusy] = useState(false);
  const own = more?.path === path ? more : null;
  const next = own ? own.cursor : (first?.nextCursor ?? null);

  async function readMore() {
    setBusy(true);
    try {
      const page = await api.get<Page<T>>(`${path}&cursor=${encodeURIComponent(next!)}`);
      setMore({ path, items: [...(own?.items ?? []), ...page.items], cursor: page.nextCursor });
    } catch (failure) {
      toast(sentence(failure), true);
    }
    setBusy(false);
  }

  const older = next && (
    <Button look="secondary" busy={busy} onClick={() => void readMore()} className="justify-self-center">
      Show older
    </Button>
  );
  return { items: [...(first?.items ?? []), ...(own?.items ?? [])], older };
}

function Results({ path }: { path: string }) {
  const { data, error, reload } = useList<Schemas['SearchResults']>(path);
  const profiles = useProfiles().data?.items ?? [];
  const { items, older } = usePages<Hit>(path, data);
  if (error) return <ErrorState title="Your sessions could not be searched" error={error} retry={reload} />;
  if (!data) return <SkeletonList rows={3} label="Searching your sessions" />;
  return (
    <>
      <p role="status" className="text-sm text-soft">
        {items.length === 0 ? 'Nothing was found. Every word must stand somewhere in the session.' : `${plural(items.length, 'session')}${older ? ' so far' : ''}`}
        {!data.complete && ' The oldest sessions were not searched: there are too many.'}
      </p>
      <ul className="grid gap-2.5">
        {items.map((hit) => (
          <Found key={hit.session.id} hit={hit} profile={profiles.find((p) => p.id === hit.session.profileId)} />
        ))}
      </ul>
      {older}
    </>
  );
}

function List({ path, all }: { path: string; all: boolean }) {
  const { data, error, reload } = useList<Schemas['SessionList']>(path);
  const { items, older } = usePages<Session>(path, data);
  if (error) return <ErrorState title="Your sessions could not be read" error={error} retry={reload} />;
  if (!data) return <SkeletonList rows={6} label="Reading your sessions" />;
  if (items.length === 0) return all ? <Nothing /> : <p className="py-6 text-soft">None of these here.</p>;
  return (
    <>
      <Rows sessions={items} />
      {older}
    </>
  );
}

/** Everything, page by page, or what has certain words in it. */
export function SessionHistory() {
  const [filter, setFilter] = useState<Filter>('all');
  const [typed, setTyped] = useState('');
  const [words, setWords] = useState('');

  useEffect(() => {
    const timer = setTimeout(() => setWords(typed.trim()), SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);

  const query = `limit=20${filter === 'all' ? '' : `&status=${filter}`}`;
  return (
    <div className="grid gap-4">
      <Input
        type="search"
        label="Search what was said"
        quiet
        placeholder="Search questions, answers, names…"
        maxLength={SEARCH_MAX}
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Segmented<Filter>
        label="Which sessions"
        quiet
        value={filter}
        onChange={setFilter}
        choices={[
          { value: 'all', label: 'All' },
          { value: 'active', label: 'Open' },
          { value: 'completed', label: 'Done' },
          { value: 'abandoned', label: 'Left' },
        ]}
      />
      {words ? <Results path={`/search?${query}&q=${encodeURIComponent(words)}`} /> : <List path={`/sessions?${query}`} all={filter === 'all'} />}
    </div>
  );
}
