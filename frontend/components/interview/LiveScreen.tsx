'use client';

import { ArrowUp, ChevronUp, CircleStop, Keyboard, MicOff, Mic, Settings2 } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { useRouter } from 'next/navigation';
import { lazy, Suspense, useCallback, useEffect, useState, type CSSProperties, type FormEvent } from 'react';
import { RecordButton } from '@/components/audio/RecordButton';
import { VolumeIndicator } from '@/components/audio/VolumeIndicator';
import { LogoMark } from '@/components/layout/Logo';
import { takeFirstStep } from '@/components/session/start';
import { Button, buttonClass } from '@/components/ui/button';
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
import type { Schemas, Session, Transcript } from '@/types/session';
import { AnswerPanel } from './AnswerPanel';
import { LiveStatus } from './LiveStatus';
import { NextStrip } from './NextStrip';
import type { Panel } from './Panels';
import { Recording } from './Recording';
import { Timer } from './Timer';
import { TranscriptDisplay } from './TranscriptDisplay';

const HearingNotice = lazy(() => import('@/components/audio/HearingNotice').then((m) => ({ default: m.HearingNotice }))); // mostly it has nothing to say
const Panels = lazy(() => import('./Panels').then((m) => ({ default: m.Panels }))); // opened by few
const notes = () => import('./Notes'); // mostly nothing is wrong
const Blocked = lazy(() => notes().then((m) => ({ default: m.Blocked })));
const Elsewhere = lazy(() => notes().then((m) => ({ default: m.Elsewhere })));
const Ended = lazy(() => notes().then((m) => ({ default: m.Ended })));
const Trouble = lazy(() => notes().then((m) => ({ default: m.Trouble })));

/** What the session already holds, so that a reload shows it again; read anew when the answers' connection was away. */
function useKept(live: LiveSession, sessionId: string) {
  const connected = useStore(live.answers) === 'open';
  useEffect(() => {
    if (!connected) return;
    const stop = new AbortController();
    const { signal } = stop;
    // the newest page first, so that it stands on the screen at once; the others follow together
    async function read() {
      const rows: Transcript[] = [];
      let cursor: string | null = null;
      do {
        const after: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
        const page: Schemas['TranscriptList'] = await api.get(`/sessions/${sessionId}/transcripts?order=desc&limit=100${after}`, signal);
        if (rows.length === 0) live.keep(page.items.toReversed());
        rows.push(...page.items);
        cursor = page.nextCursor ?? null;
      } while (cursor && !signal.aborted);
      if (rows.length > 0 && !signal.aborted) live.keep(rows.toReversed());
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
  const answering = useStore(live.answers);
  const connected = answering === 'open';
  const waiting = useStore(live.waiting);
  const elsewhere = useStore(live.elsewhere); // another page listens
  const [said, setSaid] = useState(false); // on a small screen: the transcript is unfolded
  const [open, setOpen] = useState<Panel | null>(null); // null: nothing yet
  const [ending, setEnding] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null); // why it does not listen
  const at = shownAt(state);
  const behind = state.reading === null ? 0 : state.answers.length - 1 - at; // newer ones than the one that is read
  const hearing = state.utterances.findLast((u) => !u.final && u.speaker !== 'candidate' && u.text !== '') ?? null;
  const blocked = answering === 'blocked' || listening.link === 'blocked';
  const ptt = prefs.mode === 'push_to_talk';
  const onLevel = useCallback((watch: Parameters<LiveSession['onLevel']>[0]) => live.onLevel(watch), [live]);

  useKept(live, session.id);
  useEffect(() => void notes().catch(() => undefined), []); // there before the server is away

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
    if (target.closest('dialog')) return;
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
          <LiveStatus state={listening} ptt={ptt} connected={connected} elsewhere={elsewhere} blocked={blocked} />
        </span>
        <Recording live={live} />
        <span title="Time of this interview: it stands while nobody listens">
          <Timer from={session.duration} running={listening.phase === 'on' || elsewhere} className="text-lg font-semibold text-soft tabular-nums" />
        </span>
        <Button look="danger" busy={ending} onClick={() => void end()}>
          {!ending && <CircleStop aria-hidden="true" />}
          End
        </Button>
      </header>

      <main className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] grid-rows-[minmax(0,1fr)_auto] lg:grid-cols-[minmax(18rem,24rem)_minmax(0,1fr)] lg:grid-rows-1">
        <div className="grid min-h-0 grid-rows-[auto_minmax(0,1fr)] lg:col-start-2 lg:row-start-1">
          <div className="mx-auto w-full max-w-3xl px-4 sm:px-8">
            <Suspense>
              {(listening.taken || elsewhere) && listening.phase === 'off' && <Elsewhere taken={listening.taken} elsewhere={elsewhere} onTakeOver={() => void listen(true)} />}
              {listening.phase === 'on' && listening.ended && <Ended what={listening.ended} onAgain={() => void live.listenAgain().catch((e: unknown) => toast(sentence(e), true))} />}
              {blocked && <Blocked />}
              {trouble && listening.phase === 'off' && <Trouble what={trouble} onRetry={() => void listen()} onSettings={() => setOpen('settings')} />}
              {listening.phase === 'off' && <HearingNotice language={prefs.language} missingOnly />}
            </Suspense>
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
              <LiveStatus state={listening} ptt={ptt} connected={connected} elsewhere={elsewhere} blocked={blocked} />
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

      {open && (
        <Suspense>
          <Panels open={open} prefs={prefs} onChange={change} onClose={() => setOpen('closed')} />
        </Suspense>
      )}
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
