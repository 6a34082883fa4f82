'use client';

import { Download, Mic, Pencil, Trash2 } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { PageHeader } from '@/components/layout/PageHeader';
import { Button, buttonClass } from '@/components/ui/button';
import { ConfirmDialog } from '@/components/ui/dialog';
import { EmptyState, ErrorState, SkeletonList } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { useProfile, useRecordings, useSession, useSessionId, useTranscripts } from '@/hooks/useSession';
import { api, ApiError, sentence } from '@/lib/api-client';
import { forget } from '@/lib/query';
import { clock, grouped, milliseconds, plural, sessionTitle, when } from '@/lib/utils';
import type { Session, Transcript } from '@/types/session';
import { ExportDialog } from './ExportDialog';
import { Recordings } from './Recordings';
import { RenameDialog } from './RenameDialog';
import { Review } from './Review';
import { TalkShare } from './TalkShare';
import { goOn } from './start';

function median(values: number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

function Figures({ session, pairs }: { session: Session; pairs: Transcript[] }) {
  const outline = median(pairs.flatMap((p) => (p.latency?.outlineMs != null ? [p.latency.outlineMs] : [])));
  const words = pairs.reduce((sum, p) => sum + p.metrics.wordCount, 0);
  const figures: [string, string][] = [
    ['Questions', String(pairs.filter((p) => p.isQuestion !== false).length)],
    ['Length', session.duration > 0 ? clock(session.duration) : '–'],
    ['Talking points after', milliseconds(outline)],
    ['Words of answers', grouped(words)],
  ];
  const discarded = session.metadata.eagerDiscarded;
  if (discarded) figures.push(['Begun early in vain', String(discarded)]);
  return (
    <dl className={`grid grid-cols-2 gap-px overflow-hidden rounded-2xl border border-line bg-line max-sm:*:last:odd:col-span-2 ${discarded ? 'sm:grid-cols-5' : 'sm:grid-cols-4'}`}>
      {figures.map(([name, value]) => (
        <div key={name} className="grid gap-0.5 bg-surface p-4">
          <dt className="text-sm text-faint">{name}</dt>
          <dd className="font-serif text-2xl tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The page of one session: its pairs, what each stage took, saving and deleting. */
export function SessionSummary() {
  const id = useSessionId();
  const router = useRouter();
  const session = useSession(id);
  const pairs = useTranscripts(id);
  const recordings = useRecordings(id).data?.items ?? [];
  const profile = useProfile(session.data?.profileId);
  const [saving, setSaving] = useState(false);
  const [renaming, setRenaming] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const [busy, setBusy] = useState(false);

  async function remove() {
    setBusy(true);
    try {
      await api.delete(`/sessions/${id}`);
      forget('/sessions');
      toast('The session is deleted.');
      router.replace('/history/');
    } catch (error) {
      setDeleting(false); // a modal would cover the message
      toast(sentence(error), true);
      setBusy(false);
    }
  }

  const gone = session.error instanceof ApiError && session.error.status === 404;
  if (session.error)
    return (
      <ErrorState
        whole
        title={gone ? 'There is no such session' : 'The session could not be read'}
        error={session.error}
        retry={gone ? undefined : session.reload}
        action={
          <Link href="/history/" className={buttonClass('secondary', 'sm')}>
            All sessions
          </Link>
        }
      >
        {gone && 'The link may be old, or the session was deleted.'}
      </ErrorState>
    );
  if (!session.data || !id) return <SkeletonList rows={4} label="Reading the session" />;
  const { data } = session;
  const title = sessionTitle(data, profile.data);
  return (
    <>
      <PageHeader
        title={title}
        action={
          <>
            <Button look="ghost" size="icon" aria-label="Rename this session" title="Rename" onClick={() => setRenaming(true)}>
              <Pencil aria-hidden="true" />
            </Button>
            <Link href={`/interview/${id}/`} className={buttonClass('secondary')}>
              <Mic aria-hidden="true" />
              {data.status === 'active' ? 'Go on' : 'Reopen'}
            </Link>
            <Button onClick={() => setSaving(true)}>
              <Download aria-hidden="true" />
              Save
            </Button>
          </>
        }
      >
        {when(data.createdAt)}
        {profile.data && `, as ${profile.data.name}`}
      </PageHeader>
      {pairs.error ? (
        <ErrorState title="The questions could not be read" error={pairs.error} retry={pairs.reload} />
      ) : !pairs.data ? (
        <SkeletonList rows={3} label="Reading the questions" />
      ) : pairs.data.length === 0 ? (
        <EmptyState title="Nothing was asked">{plural(0, 'question')} in this session. Go on with it, or delete it.</EmptyState>
      ) : (
        <>
          <Figures session={data} pairs={pairs.data} />
          <TalkShare sessionId={id} />
          <Recordings sessionId={id} />
          <Review pairs={pairs.data} recordings={recordings} onAgain={(question) => router.push(goOn(id, { ask: question }))} />
        </>
      )}
      {data.jobDescription && (
        <details className="rounded-2xl border border-line bg-surface p-5">
          <summary className="font-semibold">Job description</summary>
          <p className="mt-3 whitespace-pre-wrap text-soft">{data.jobDescription}</p>
        </details>
      )}
      <Button look="danger" className="justify-self-start" onClick={() => setDeleting(true)}>
        <Trash2 aria-hidden="true" />
        Delete this session
      </Button>
      <RenameDialog session={data} shown={title} open={renaming} onClose={() => setRenaming(false)} />
      <ExportDialog session={data} open={saving} onClose={() => setSaving(false)} />
      <ConfirmDialog
        open={deleting}
        title="Delete this session?"
        action="Delete"
        busy={busy}
        onClose={() => setDeleting(false)}
        onConfirm={() => void remove()}
      >
        Its questions, answers and recordings go for good: {plural(data.questionCount, 'question')}.
      </ConfirmDialog>
    </>
  );
}
