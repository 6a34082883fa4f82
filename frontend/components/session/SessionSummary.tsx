'use client';

import { Download, Mic, Pencil, Trash2 } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { CutOff } from '@/components/interview/AnswerPanel';
import { AnswerText, Outline, Prompter } from '@/components/interview/ResponseStreaming';
import { QuestionCard } from '@/components/interview/QuestionCard';
import { PageHeader } from '@/components/layout/PageHeader';
import { Button, buttonClass } from '@/components/ui/button';
import { ConfirmDialog } from '@/components/ui/dialog';
import { EmptyState, ErrorState, SkeletonList } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { useSound, type Sound } from '@/hooks/useSound';
import { useProfile, useSession, useSessionId, useTranscripts } from '@/hooks/useSession';
import { api, ApiError, sentence } from '@/lib/api-client';
import { repeatsPoints, withoutPoints } from '@/lib/outline';
import { forget } from '@/lib/query';
import { markUnsupported } from '@/lib/unsupported';
import { clock, engineName, milliseconds, plural, sessionTitle, speakerName, when } from '@/lib/utils';
import type { Session, Transcript } from '@/types/session';
import { askAgain, CorrectDialog } from './CorrectDialog';
import { ExportDialog } from './ExportDialog';
import { LatencyBar } from './LatencyBar';
import { HearAgain, Recordings } from './Recordings';
import { RenameDialog } from './RenameDialog';
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
    ['Words of answers', String(words)],
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

/** In place of what the server could not read; what lies beside it is right. */
const DAMAGED = 'This entry is damaged and cannot be read.';

/** What was heard, where it was corrected, and the way to correct it. */
function Correction({ line, onCorrect }: { line: Transcript; onCorrect: () => void }) {
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-faint">
      {line.heard && <span>Heard: {line.heard}</span>}
      <button type="button" onClick={onCorrect} className="min-h-6 font-semibold text-accent underline-offset-4 hover:underline">
        Correct<span className="sr-only"> “{line.question}”</span>
      </button>
    </p>
  );
}

/** An answer to other words than those that stand above it. */
function Outdated({ pair }: { pair: Transcript }) {
  const [busy, setBusy] = useState(false);

  async function again() {
    setBusy(true);
    try {
      await askAgain(pair);
    } catch (error) {
      toast(sentence(error), true);
      setBusy(false);
    }
  }
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl bg-sunken p-3 text-sm">
      <p>This answer is one to the words that were heard first.</p>
      <Button look="secondary" size="sm" busy={busy} onClick={() => void again()}>
        Ask again
      </Button>
    </div>
  );
}

/** Words that wanted no answer, in their place between the questions. */
function Line({ line, sound, onCorrect }: { line: Transcript; sound: Sound; onCorrect: () => void }) {
  return (
    <li id={line.id} tabIndex={-1} className="grid scroll-mt-24 gap-1 px-5 sm:px-7">
      <p className="text-sm text-faint">{speakerName(line.speaker)}{line.cutOff && ', cut off'}</p>
      <p className="text-soft">{line.unreadable ? DAMAGED : line.question}</p>
      {!line.unreadable && <Correction line={line} onCorrect={onCorrect} />}
      <HearAgain sound={sound} audioUrl={line.audioUrl} what={line.question} />
    </li>
  );
}

function Pair({ pair, sound, onAgain, onCorrect }: { pair: Transcript; sound: Sound; onAgain: () => void; onCorrect: () => void }) {
  return (
    <li id={pair.id} tabIndex={-1} className="grid scroll-mt-24 gap-4 rounded-2xl border border-line bg-surface p-5 shadow-card sm:p-7">
      <QuestionCard number={pair.questionNumber} question={pair.unreadable && !pair.question ? DAMAGED : pair.question} kind={pair.kind ?? null} level="h2" />
      {!pair.unreadable && <Correction line={pair} onCorrect={onCorrect} />}
      <HearAgain sound={sound} audioUrl={pair.audioUrl} what={pair.question} />
      {pair.lead && <Prompter lead={pair.lead} keys={pair.keys ?? []} />}
      {pair.outline && pair.outline.length > 0 && <Outline points={pair.outline} />}
      {repeatsPoints(pair.answer, pair.outline ?? []) ? null : pair.answer ? (
        <AnswerText text={withoutPoints(markUnsupported(pair.answer, pair.unsupported ?? []), pair.outline ?? [])} />
      ) : (
        <p className="text-soft">No answer was made for this one. The words are kept as they were heard.</p>
      )}
      {pair.answerOutdated && <Outdated pair={pair} />}
      {pair.cutOff && <CutOff onAgain={onAgain} />}
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-line pt-3">
        <LatencyBar latency={pair.latency} />
        {pair.provider && (
          <p className="text-sm text-faint">
            {engineName(pair.provider)}
            {pair.model && pair.model !== pair.provider ? `, ${pair.model}` : ''}
          </p>
        )}
      </div>
    </li>
  );
}

/** The page of one session: its pairs, what each stage took, saving and deleting. */
export function SessionSummary() {
  const id = useSessionId();
  const router = useRouter();
  const session = useSession(id);
  const pairs = useTranscripts(id);
  const sound = useSound();
  const profile = useProfile(session.data?.profileId);
  const [saving, setSaving] = useState(false);
  const [renaming, setRenaming] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const [correcting, setCorrecting] = useState<Transcript | null>(null);
  const [busy, setBusy] = useState(false);

  const isThere = pairs.data !== undefined;
  useEffect(() => {
    const place = isThere && location.hash ? document.getElementById(location.hash.slice(1)) : null; // of a search
    place?.scrollIntoView();
    place?.focus({ preventScroll: true });
  }, [isThere]);

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
          {sound.trouble && (
            <p role="alert" className="rounded-xl bg-live-soft px-4 py-3 font-medium text-live">
              {sound.trouble}
            </p>
          )}
          <ol className="grid gap-5">
            {pairs.data.map((pair) =>
              pair.isQuestion === false ? (
                <Line key={pair.id} line={pair} sound={sound} onCorrect={() => setCorrecting(pair)} />
              ) : (
                <Pair key={pair.id} pair={pair} sound={sound} onAgain={() => router.push(goOn(id, { ask: pair.question }))} onCorrect={() => setCorrecting(pair)} />
              ),
            )}
          </ol>
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
      <CorrectDialog line={correcting} onClose={() => setCorrecting(null)} />
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
