'use client';

import { ChevronRight, MessagesSquare, Mic, SearchX, SlidersHorizontal, Trash2 } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { Fragment, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Badge } from '@/components/ui/badge';
import { Button, buttonClass } from '@/components/ui/button';
import { EmptyState, ErrorState, SkeletonList } from '@/components/ui/states';
import { Input, Segmented, Select } from '@/components/ui/field';
import { ConfirmDialog } from '@/components/ui/dialog';
import { toast } from '@/components/ui/toast';
import { useList, useProfiles, useSessions } from '@/hooks/useSession';
import { api, sentence } from '@/lib/api-client';
import { filterOf, noFilter, requestOf, searchOf, type HistoryFilter } from '@/lib/history-filter';
import { setReturning } from '@/lib/preferences';
import { forget } from '@/lib/query';
import { clock, plural, sessionTitle, when } from '@/lib/utils';
import type { Profile, Schemas, Session, SessionStatus } from '@/types/session';

function StatusBadge({ status }: { status: SessionStatus }) {
  if (status === 'active') return <Badge tone="live">Open</Badge>;
  return status === 'completed' ? <Badge tone="accent">Done</Badge> : <Badge>Left</Badge>;
}

function Row({ session, profile, choice }: { session: Session; profile?: Profile; choice?: ReactNode }) {
  const href = session.status === 'active' ? `/interview/${session.id}/` : `/interview/${session.id}/review/`;
  return (
    <li className="flex items-center gap-3">
      {choice}
      <Link
        href={href}
        className="group flex min-w-0 flex-1 items-center gap-4 rounded-2xl border border-line bg-surface p-4 hover:border-accent sm:px-5"
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

function Rows({ sessions, choice }: { sessions: Session[]; choice?: (session: Session, title: string) => ReactNode }) {
  const profiles = useProfiles().data?.items ?? [];
  return (
    <ul className="grid gap-2.5">
      {sessions.map((session) => {
        const profile = profiles.find((p) => p.id === session.profileId);
        return <Row key={session.id} session={session} profile={profile} choice={choice?.(session, `${sessionTitle(session, profile)}, ${when(session.createdAt)}`)} />;
      })}
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
  useEffect(() => {
    if (data) setReturning(data.items.length > 0);
  }, [data]);
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

function Results({ path, onAll }: { path: string; onAll: () => void }) {
  const { data, error, reload } = useList<Schemas['SearchResults']>(path);
  const profiles = useProfiles().data?.items ?? [];
  const { items, older } = usePages<Hit>(path, data);
  if (error) return <ErrorState title="Your sessions could not be searched" error={error} retry={reload} />;
  if (!data) return <SkeletonList rows={3} label="Searching your sessions" />;
  return (
    <>
      {items.length === 0 && (
        <None title="Nothing was found" onAll={onAll}>
          Every word must stand somewhere in the session.
        </None>
      )}
      <p role="status" className={items.length === 0 && data.complete ? 'sr-only' : 'text-sm text-soft'}>
        {items.length === 0 ? 'No session has these words.' : `${plural(items.length, 'session')}${older ? ' so far' : ''}`}
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

/** Nothing fits what was asked for. */
function None({ title, children, onAll }: { title: string; children: ReactNode; onAll: () => void }) {
  return (
    <EmptyState
      icon={<SearchX aria-hidden="true" />}
      title={title}
      action={
        <Button look="secondary" onClick={onAll}>
          Show all sessions
        </Button>
      }
    >
      {children}
    </EmptyState>
  );
}

const DELETED_AT_ONCE = 4; // requests

/** Deletes them, a few at a time; returns how many could not be. */
async function deleteAll(ids: string[]): Promise<string[]> {
  const left = [...ids];
  const failed: string[] = [];
  const work = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const gone = id;
      await api.delete(`/sessions/${gone}`).catch(() => failed.push(gone));
    }
  };
  await Promise.all(Array.from({ length: DELETED_AT_ONCE }, work));
  return failed;
}

function List({ path, all, onAll }: { path: string; all: boolean; onAll: () => void }) {
  const { data, error, reload } = useList<Schemas['SessionList']>(path);
  const { items, older } = usePages<Session>(path, data);
  const [choosing, setChoosing] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  if (error) return <ErrorState title="Your sessions could not be read" error={error} retry={reload} />;
  if (!data) return <SkeletonList rows={6} label="Reading your sessions" />;
  if (items.length === 0)
    return all ? (
      <Nothing />
    ) : (
      <None title="No session fits" onAll={onAll}>
        None of your sessions is all of what you chose above.
      </None>
    );

  const shown = items.filter((session) => chosen.has(session.id));
  const questions = shown.reduce((sum, session) => sum + session.questionCount, 0);
  const everyOne = shown.length === items.length;

  function choose(id: string, on: boolean) {
    setChosen((old) => new Set(on ? [...old, id] : [...old].filter((one) => one !== id)));
  }
  async function remove() {
    setBusy(true);
    const failed = await deleteAll(shown.map((session) => session.id));
    const gone = shown.length - failed.length;
    setBusy(false);
    setAsking(false);
    setChosen(new Set(failed));
    setChoosing(failed.length > 0);
    forget('/sessions');
    forget('/search');
    if (gone > 0) toast(`${plural(gone, 'session')} deleted.`);
    if (failed.length > 0) toast(`${plural(failed.length, 'session')} could not be deleted. Try again.`, true);
  }
  const box = (session: Session, title: string) => (
    <label className="grid size-9 shrink-0 cursor-pointer place-items-center rounded-lg hover:bg-sunken">
      <input type="checkbox" aria-label={`Choose ${title}`} className="size-5 accent-accent" checked={chosen.has(session.id)} onChange={(event) => choose(session.id, event.target.checked)} />
    </label>
  );

  return (
    <>
      <div className="flex min-h-11 flex-wrap items-center justify-end gap-2">
        {choosing ? (
          <>
            <p role="status" className="me-auto text-sm text-soft max-sm:basis-full">
              {shown.length === 0 ? 'Choose what to delete.' : `${plural(shown.length, 'session')} chosen`}
            </p>
            <Button look="ghost" size="sm" onClick={() => setChosen(new Set(everyOne ? [] : items.map((session) => session.id)))}>
              {everyOne ? 'None' : 'All shown'}
            </Button>
            <Button look="secondary" size="sm" onClick={() => setChoosing(false)}>
              Cancel
            </Button>
            <Button look="danger" size="sm" disabled={shown.length === 0} onClick={() => setAsking(true)}>
              <Trash2 aria-hidden="true" />
              Delete
            </Button>
          </>
        ) : (
          <Button look="ghost" size="sm" onClick={() => setChoosing(true)}>
            Select
          </Button>
        )}
      </div>
      <Rows sessions={items} choice={choosing ? box : undefined} />
      {older}
      <ConfirmDialog open={asking} title={`Delete ${plural(shown.length, 'session')}?`} action="Delete" busy={busy} onClose={() => setAsking(false)} onConfirm={() => void remove()}>
        Their questions, answers and recordings go for good: {plural(questions, 'question')}.
      </ConfirmDialog>
    </>
  );
}

const CHANGED = 'history-filter';

/** What the address says, and how to say something else there. */
function useFilter(): [HistoryFilter, (change: Partial<HistoryFilter>) => void] {
  const search = useSyncExternalStore(
    (changed) => {
      addEventListener('popstate', changed);
      addEventListener(CHANGED, changed);
      return () => {
        removeEventListener('popstate', changed);
        removeEventListener(CHANGED, changed);
      };
    },
    () => location.search,
    () => '',
  );
  const filter = filterOf(search);
  const change = (to: Partial<HistoryFilter>) => {
    history.replaceState(history.state, '', `${location.pathname}${searchOf({ ...filterOf(location.search), ...to })}`);
    dispatchEvent(new Event(CHANGED));
  };
  return [filter, change];
}
/** A field whose words count a moment after the last key. */
function useTyped(value: string, onChange: (value: string) => void): [string, (value: string) => void] {
  const [typed, setTyped] = useState<{ text: string; over: string } | null>(null); // over: what it was typed over
  const pending = typed !== null && typed.over === value ? typed.text : null;
  useEffect(() => {
    if (pending === null || pending === value) return;
    const timer = setTimeout(() => onChange(pending), SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
    // onChange says the same every time
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [pending, value]);
  return [pending ?? value, (text) => setTyped({ text, over: value })];
}

/** Everything, page by page, or what fits: some state, some days, some role or profile, certain words. */
export function SessionHistory() {
  const [filter, change] = useFilter();
  const [words, setWords] = useTyped(filter.words, (text) => change({ words: text }));
  const [role, setRole] = useTyped(filter.role, (text) => change({ role: text }));
  const profiles = useProfiles().data?.items ?? [];
  const more = [filter.from, filter.to, filter.role, filter.profileId].filter(Boolean).length;
  const [wanted, setWanted] = useState(false);
  const open = wanted || more > 0;
  const path = requestOf(filter, 20);
  const all = () => {
    setWanted(false);
    change(noFilter);
  };
  function toggle() {
    setWanted(!open);
    if (open) change({ from: '', to: '', role: '', profileId: '' }); // what is not seen filters nothing
  }
  return (
    <div className="grid gap-4">
      <Input
        type="search"
        label="Search what was said"
        quiet
        placeholder="Search questions, answers, names…"
        maxLength={SEARCH_MAX}
        autoComplete="off"
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="flex-[1_1_15rem]">
          <Segmented<SessionStatus | 'all'>
            label="Which sessions"
            quiet
            value={filter.status}
            onChange={(status) => change({ status })}
            choices={[
              { value: 'all', label: 'All' },
              { value: 'active', label: 'Open' },
              { value: 'completed', label: 'Done' },
              { value: 'abandoned', label: 'Left' },
            ]}
          />
        </div>
        <Button look="ghost" size="sm" aria-expanded={open} aria-controls="more-filters" onClick={toggle}>
          <SlidersHorizontal aria-hidden="true" />
          {open ? 'Fewer filters' : 'More filters'}
        </Button>
      </div>
      {open && (
        <div id="more-filters" className="grid gap-3 rounded-2xl bg-sunken p-4 sm:grid-cols-2 lg:grid-cols-4">
          <Input type="date" label="From" value={filter.from} max={filter.to || undefined} onChange={(event) => change({ from: event.target.value })} />
          <Input type="date" label="To" value={filter.to} min={filter.from || undefined} onChange={(event) => change({ to: event.target.value })} />
          <Input label="Role" maxLength={120} autoComplete="off" placeholder="Any role" value={role} onChange={(event) => setRole(event.target.value)} />
          <Select label="Profile" value={profiles.some((p) => p.id === filter.profileId) ? filter.profileId : ''} onChange={(event) => change({ profileId: event.target.value })}>
            <option value="">Any profile</option>
            {profiles.map((profile) => (
              <option key={profile.id} value={profile.id}>
                {profile.name}
              </option>
            ))}
          </Select>
        </div>
      )}
      {filter.words ? <Results key={path} path={path} onAll={all} /> : <List key={path} path={path} all={searchOf(filter) === ''} onAll={all} />}
    </div>
  );
}
