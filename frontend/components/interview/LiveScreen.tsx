'use client';

import { ArrowUp, ChevronUp, CircleAlert, CircleStop, Keyboard, MicOff, Mic, Settings2 } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { useRouter } from 'next/navigation';
import { lazy, Suspense, useCallback, useEffect, useState, type CSSProperties, type FormEvent, type ReactNode } from 'react';
import { RecordButton } from '@/components/audio/RecordButton';
import { VolumeIndicator } from '@/components/audio/VolumeIndicator';
import { LogoMark } from '@/components/layout/Logo';
import { takeFirstStep } from '@/components/session/start';
import { Button, buttonClass } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { ErrorState, SkeletonList } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { useKeys, useLiveSession } from '@/hooks/useLiveSession';
import { usePreferences } from '@/hooks/usePreferences';
import { useProfile, useSession, useSessionId } from '@/hooks/useSession';
import { useStore } from '@/hooks/useStore';
import { api, ApiError, sentence } from '@/lib/api-client';
import { pairOf, shownAt, type Utterance } from '@/lib/live';
import type { LiveSession } from '@/lib/live-session';
import { inputsOf, READING_SIZES, setPreferences, type Preferences } from '@/lib/preferences';
import { forget } from '@/lib/query';
import { sessionTitle } from '@/lib/utils';
import type { InputKind } from '@/types/audio';
import type { Schemas, Session, Transcript } from '@/types/session';
import { AnswerPanel } from './AnswerPanel';
import { LiveStatus } from './LiveStatus';
import { NextStrip } from './NextStrip';
import { Recording } from './Recording';
import { Shortcuts } from './Shortcuts';
import { Timer } from './Timer';
import { TranscriptDisplay } from './TranscriptDisplay';

const HearingNotice = lazy(() => import('@/components/audio/HearingNotice').then((m) => ({ default: m.HearingNotice }))); // mostly it has nothing to say
const ListeningSettings = lazy(() => import('./ListeningSettings').then((m) => ({ default: m.ListeningSettings }))); // opened by few

/** What the session already holds, so that a reload shows it again; read anew when the answers' connection was away. */
function useKept(live: LiveSession, sessionId: string) {
  const connected = useStore(live.answers) === 'open';
  useEffect(() => {
    if (!connected) return;
    const stop = new AbortController();
    const { signal } = stop;
    // the newest page first, so that it stands on the screen at once; the others follow
    async function read() {
      const rows: Transcript[] = [];
      let cursor: string | null = null;
      do {
        const after: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
        const page: Schemas['TranscriptList'] = await api.get(`/sessions/${sessionId}/transcripts?order=desc&limit=100${after}`, signal);
        rows.unshift(...page.items.toReversed());
        live.keep(rows);
        cursor = page.nextCursor ?? null;
      } while (cursor && !signal.aborted);
    }
    read().catch(() => undefined); // the live screen works without; the session's own page shows the error
    return () => stop.abort();
  }, [live, sessionId, connected]);
}

function QuestionInput({ onAsk }: { onAsk: (text: string) => void }) {
  const [text, setText] = useState('');
  function submit(event: FormEvent) {
    event.preventDefault();
    if (text.trim() === '') return;
    onAsk(text.trim());
    setText('');
  }
  return (
    <form onSubmit={submit} className="flex min-w-0 flex-1 items-center gap-1 rounded-xl border border-line-strong bg-raised p-1 pl-3.5 has-[input:focus-visible]:outline-2 has-[input:focus-visible]:outline-offset-2 has-[input:focus-visible]:outline-accent">
      <label htmlFor="question" className="sr-only">
        Type a question
      </label>
      <input
        id="question"
        value={text}
        onChange={(event) => setText(event.target.value)}
        maxLength={4000}
        autoComplete="off"
        placeholder="…or type a question"
        className="min-h-10 min-w-0 flex-1 bg-transparent font-serif text-lg outline-none placeholder:text-faint"
      />
      <Button type="submit" size="icon" look={text.trim() ? 'primary' : 'ghost'} aria-label="Ask" className="size-10!">
        <ArrowUp aria-hidden="true" />
      </Button>
    </form>
  );
}

function Screen({ live, session }: { live: LiveSession; session: Session }) {
  const router = useRouter();
  const prefs = usePreferences();
  const profile = useProfile(session.profileId).data;
  const state = useStore(live.state);
  const listening = useStore(live.listening);
  const connected = useStore(live.answers) === 'open';
  const waiting = useStore(live.waiting);
  const elsewhere = useStore(live.elsewhere); // another page listens
  const [said, setSaid] = useState(false); // on a small screen: the transcript is unfolded
  const [open, setOpen] = useState<'settings' | 'keys' | null>(null);
  const [ending, setEnding] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null); // why it does not listen
  const at = shownAt(state);
  const behind = state.reading === null ? 0 : state.answers.length - 1 - at; // newer ones than the one that is read
  const hearing = state.utterances.findLast((u) => !u.final && u.speaker !== 'candidate' && u.text !== '') ?? null;
  const ptt = prefs.mode === 'push_to_talk';
  const onLevel = useCallback((watch: Parameters<LiveSession['onLevel']>[0]) => live.onLevel(watch), [live]);

  useKept(live, session.id);

  const listen = useCallback(
    (takeOver = false) =>
      live.listen(takeOver).then(
        () => setTrouble(null),
        (error: unknown) => setTrouble(sentence(error)),
      ),
    [live],
  );

  useEffect(() => {
    const first = takeFirstStep(session.id);
    if (first?.ask) live.ask(first.ask);
    if (first?.listen) void listen();
  }, [session.id, live, listen]);

  useEffect(() => {
    if (state.notice) toast(state.notice.message, true);
  }, [state.notice]);

  const newest = state.answers.at(-1);
  const running = newest !== undefined && newest.finish === null;

  function resize(steps: number) {
    const { min, max, step } = READING_SIZES;
    setPreferences({ readingSize: Math.max(min, Math.min(max, prefs.readingSize + steps * step)) });
  }

  useKeys((event) => {
    const target = event.target as HTMLElement;
    if (open || target.closest('dialog')) return;
    const typing = target.matches('input, textarea, select');
    if (event.type === 'keyup') {
      if (event.code === 'Space' && listening.talking) live.talk(false);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') {
      if (typing) target.blur();
      if (running) live.interrupt();
      return;
    }
    if (typing) return;
    if (event.code === 'Space' && ptt && listening.phase === 'on' && !target.matches('button:not([aria-pressed]), a, summary')) {
      event.preventDefault();
      if (!event.repeat) live.talk(true);
    } else if (event.key === '/') {
      event.preventDefault();
      document.getElementById('question')?.focus();
    } else if (event.key === 'm') live.mute(!listening.muted);
    else if (event.key === '[') live.show(at - 1);
    else if (event.key === ']') live.show(at + 1);
    else if (event.key === '-' || event.key === '+' || event.key === '=') resize(event.key === '-' ? -1 : 1);
    else if (event.key === '?') setOpen('keys');
  });

  function change(patch: Partial<Preferences>) {
    setPreferences(patch);
    const next = { ...prefs, ...patch };
    if (Object.keys(patch).some((key) => key !== 'readingSize'))
      void live.configure({ mode: next.mode, language: next.language, inputs: inputsOf(next) }).catch((e: unknown) => toast(sentence(e), true));
  }

  async function end() {
    setEnding(true);
    await live.end();
    try {
      await api.put<Session>(`/sessions/${session.id}`, { status: 'completed' });
      forget('/sessions');
      router.push(`/interview/${session.id}/review/`);
    } catch (error) {
      toast(sentence(error), true);
      setEnding(false);
    }
  }

  const draftEngine = state.engine?.engine === 'pocketsphinx';
  return (
    <div className="flex h-dvh flex-col bg-paper" style={{ '--reading': prefs.readingSize } as CSSProperties}>
      <header className="flex items-center gap-3 border-b border-line bg-surface px-3 py-2.5 sm:px-5 short:py-0.5">
        <Link href="/" aria-label="Home" className="rounded-lg">
          <LogoMark />
        </Link>
        <div className="min-w-0 flex-1">
          <h1 dir="auto" className="truncate leading-tight font-semibold">{sessionTitle(session, profile)}</h1>
          <p className="hidden truncate text-sm text-faint sm:block short:hidden">
            {profile ? <>as <bdi>{profile.name}</bdi></> : 'without a profile: answers have nothing to quote'}
          </p>
        </div>
        <span className="hidden sm:block">
          <LiveStatus state={listening} ptt={ptt} connected={connected} elsewhere={elsewhere} />
        </span>
        <Recording live={live} />
        <Timer since={session.createdAt} className="text-lg font-semibold text-soft tabular-nums" />
        <Button look="danger" busy={ending} onClick={() => void end()}>
          {!ending && <CircleStop aria-hidden="true" />}
          End
        </Button>
      </header>

      <main className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] grid-rows-[minmax(0,1fr)_auto] lg:grid-cols-[minmax(18rem,24rem)_minmax(0,1fr)] lg:grid-rows-1">
        <div className="grid min-h-0 grid-rows-[auto_minmax(0,1fr)] lg:col-start-2 lg:row-start-1">
          <div className="mx-auto w-full max-w-3xl px-4 sm:px-8">
            {(listening.taken || elsewhere) && listening.phase === 'off' && <Elsewhere taken={listening.taken} elsewhere={elsewhere} onTakeOver={() => void listen(true)} />}
            {listening.phase === 'on' && listening.ended && <Ended what={listening.ended} onAgain={() => void live.listenAgain().catch((e: unknown) => toast(sentence(e), true))} />}
            {trouble && listening.phase === 'off' && <Trouble what={trouble} onRetry={() => void listen()} onSettings={() => setOpen('settings')} />}
            {listening.phase === 'off' && (
              <Suspense>
                <HearingNotice language={prefs.language} missingOnly />
              </Suspense>
            )}
          </div>
          <AnswerPanel
            answers={state.answers}
            at={at}
            connected={connected}
            strip={behind > 0 || hearing ? <NextStrip hearing={hearing} next={behind > 0 ? state.answers.at(-1)! : null} waiting={behind} onNext={() => live.show(state.answers.length - 1)} /> : null}
            onShow={(n) => live.show(n)}
            onInterrupt={() => live.interrupt()}
            onAgain={(answer) => live.ask(answer.question, answer.transcriptId)}
            empty={<Waiting on={listening.phase === 'on' || elsewhere} ptt={ptt && !elsewhere} hearing={hearing} onListen={() => void listen()} />}
          />
        </div>
        <section aria-label="Transcript" className="flex min-h-0 flex-col border-t border-line bg-surface lg:col-start-1 lg:row-start-1 lg:border-t-0 lg:border-r">
          <div className="flex items-center gap-2 px-3 lg:hidden">
            <span className="py-1 sm:hidden">
              <LiveStatus state={listening} ptt={ptt} connected={connected} elsewhere={elsewhere} />
            </span>
            <button type="button" aria-expanded={said} aria-controls="said" onClick={() => setSaid(!said)} className="flex min-h-11 min-w-0 flex-1 items-center gap-2 text-left text-sm font-semibold text-faint short:min-h-8">
              <span className="shrink-0 max-sm:sr-only">What is said</span>
              <span className="flex min-w-0 flex-1 justify-end overflow-hidden font-serif text-base font-normal whitespace-nowrap text-soft">{said ? '' : state.utterances.at(-1)?.text}</span>
              <ChevronUp aria-hidden="true" className={`size-5 shrink-0 transition-transform ${said ? 'rotate-180' : ''}`} />
            </button>
          </div>
          <h2 className="hidden px-5 pt-5 text-sm font-semibold text-faint lg:block">What is said</h2>
          <div id="said" className={`min-h-0 flex-1 flex-col [&>div]:flex-1 lg:flex ${said ? 'flex h-[40dvh] lg:h-auto' : 'hidden'}`}>
            <TranscriptDisplay
              utterances={state.utterances}
              listening={listening.phase === 'on' || elsewhere}
              onAsk={(utterance, text) => {
                const pair = pairOf(live.state.get(), utterance);
                live.dispatch({ type: 'edited', key: utterance.key, text });
                live.ask(text, pair);
              }}
            />
          </div>
          {draftEngine && (
            <p className="hidden border-t border-line px-5 py-3 text-sm leading-snug text-soft lg:block">
              This recogniser gets the gist, so read the words as a draft and correct them where it matters.{' '}
              <Link href="/settings/#recogniser" className="font-semibold text-accent underline underline-offset-4">
                Get a better one
              </Link>
            </p>
          )}
        </section>
      </main>

      <footer className="grid grid-cols-[minmax(0,1fr)] gap-2 border-t border-line bg-surface px-3 pt-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-5 short:py-1">
        {waiting !== null && (
          <p role="status" className="flex items-center gap-3 rounded-xl bg-mark px-3.5 py-1.5 text-mark-ink">
            <span dir="auto" className="min-w-0 flex-1 truncate">Asked as soon as the server is back: {waiting.question}</span>
            <Button look="ghost" size="sm" onClick={() => live.waiting.set(null)}>
              Do not ask
            </Button>
          </p>
        )}
        <div className="flex items-center gap-3 lg:grid lg:grid-cols-[minmax(16.75rem,22.75rem)_minmax(0,1fr)] lg:gap-0">
          <div className="flex items-center gap-1 sm:gap-3">
            <RecordButton
              phase={listening.phase}
              mode={prefs.mode}
              talking={listening.talking}
              onToggle={() => void (listening.phase === 'on' ? live.stopListening() : listen(elsewhere))}
              onTalk={(talking) => live.talk(talking)}
            />
            {listening.phase === 'on' && (
              <>
                <VolumeIndicator onLevel={onLevel} className="hidden md:grid" />
                <Button look="ghost" size="icon" aria-pressed={listening.muted} aria-label={listening.muted ? 'Unmute' : 'Mute'} onClick={() => live.mute(!listening.muted)}>
                  {listening.muted ? <MicOff aria-hidden="true" className="text-live" /> : <Mic aria-hidden="true" />}
                </Button>
              </>
            )}
          </div>
          <div className="mx-auto flex w-full max-w-3xl min-w-0 flex-1 items-center gap-1 lg:px-8">
            <QuestionInput onAsk={(text) => live.ask(text)} />
            <Button look="ghost" size="icon" aria-label="Listening settings" onClick={() => setOpen('settings')}>
              <Settings2 aria-hidden="true" />
            </Button>
            <Button look="ghost" size="icon" aria-label="Keyboard" onClick={() => setOpen('keys')} className="max-lg:hidden">
              <Keyboard aria-hidden="true" />
            </Button>
          </div>
        </div>
      </footer>

      <Dialog open={open === 'keys'} title="Keyboard" onClose={() => setOpen(null)}>
        <Shortcuts />
      </Dialog>
      <Dialog open={open === 'settings'} title="How it listens and reads" onClose={() => setOpen(null)}>
        <Suspense>
          {open === 'settings' && <ListeningSettings prefs={prefs} onChange={change} reading />}
        </Suspense>
      </Dialog>
    </div>
  );
}

/** Something that is so, and what can be done about it, in one line. */
function Note({ children, action, onAction }: { children: ReactNode; action: string; onAction: () => void }) {
  return (
    <div role="status" className="mt-2 flex flex-wrap items-center justify-between gap-x-4 gap-y-1 rounded-xl bg-sunken py-1.5 ps-4 pe-1.5 text-sm text-soft short:hidden">
      <p className="min-w-0 flex-1">{children}</p>
      <Button size="sm" look="secondary" onClick={onAction}>
        {action}
      </Button>
    </div>
  );
}

/** Another page of this interview listens: what it hears stands here too. */
function Elsewhere({ taken, elsewhere, onTakeOver }: { taken: boolean; elsewhere: boolean; onTakeOver: () => void }) {
  return (
    <Note action="Listen here" onAction={onTakeOver}>
      {taken ? 'Another page has taken over listening.' : 'Another page of this interview listens.'} {elsewhere ? 'All of it is shown here too.' : 'It has stopped.'}
    </Note>
  );
}

/** One of two inputs ended by itself; the other goes on. */
function Ended({ what, onAgain }: { what: InputKind; onAgain: () => void }) {
  return (
    <Note action={what === 'tab' ? 'Share it again' : 'Use it again'} onAction={onAgain}>
      {what === 'tab' ? 'The shared tab has ended; the microphone is heard.' : 'The microphone has ended; the shared tab is heard.'}
    </Note>
  );
}

/** Why nothing is heard, for as long as that is so, and what to do about it. */
function Trouble({ what, onRetry, onSettings }: { what: string; onRetry: () => void; onSettings: () => void }) {
  return (
    <div role="alert" className="mt-3 grid gap-3 rounded-2xl border border-live/50 bg-live-soft p-4 tall:mt-6 tall:sm:p-5">
      <p className="flex gap-3 leading-snug font-medium text-live">
        <CircleAlert aria-hidden="true" className="mt-0.5 size-5 shrink-0" />
        {what}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button size="sm" look="secondary" onClick={onRetry}>
          Try again
        </Button>
        <Button size="sm" look="ghost" onClick={onSettings}>
          Choose another input
        </Button>
      </div>
    </div>
  );
}

function Waiting({ on, ptt, hearing, onListen }: { on: boolean; ptt: boolean; hearing: Utterance | null; onListen: () => void }) {
  if (on && hearing)
    return (
      <p aria-hidden="true" className="font-serif text-3xl leading-snug">
        {hearing.text.slice(0, hearing.stable)}
        <span className="text-faint">{hearing.text.slice(hearing.stable)}</span>
      </p>
    );
  if (on)
    return (
      <div className="grid gap-3">
        <h2 className="font-serif text-3xl leading-tight">Waiting for a question.</h2>
        <p className="max-w-prose text-lg text-soft">
          {ptt ? 'Hold Space, or the round button, while the question is asked.' : 'When one ends, talking points from your profile are here at once, and the answer after them.'}
        </p>
      </div>
    );
  return (
    <div className="grid justify-items-start gap-4">
      <h2 className="font-serif text-3xl leading-tight">Ready when you are.</h2>
      <p className="max-w-prose text-lg text-soft">Nothing is heard or recorded until you start. You can also type a question below.</p>
      <Button size="lg" onClick={onListen}>
        <Mic aria-hidden="true" />
        Start listening
      </Button>
    </div>
  );
}

/** The live interview, for the whole window. */
export function LiveScreen() {
  const id = useSessionId();
  const session = useSession(id);
  const live = useLiveSession(id, session.data !== undefined);
  if (session.error) {
    const gone = session.error instanceof ApiError && session.error.status === 404;
    return (
      <main className="mx-auto max-w-xl p-6 pt-16">
        <ErrorState
          whole
          title={gone ? 'There is no such session' : 'The session could not be opened'}
          error={session.error}
          retry={gone ? undefined : session.reload}
          action={
            <Link href="/interview/" className={buttonClass('secondary', 'sm')}>
              Start another
            </Link>
          }
        >
          {gone && 'The link may be old, or the session was deleted.'}
        </ErrorState>
      </main>
    );
  }
  if (!session.data || !live)
    return (
      <main className="mx-auto max-w-3xl p-6 pt-24">
        <SkeletonList rows={3} label="Opening the session" />
      </main>
    );
  return <Screen key={session.data.id} live={live} session={session.data} />;
}
