'use client';

import { Mic, Volume2 } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useRef, useState, type FormEvent } from 'react';
import { VoicePhrase } from '@/components/audio/VoicePhrase';
import { VolumeIndicator } from '@/components/audio/VolumeIndicator';
import { goOn, makeSession } from '@/components/session/start';
import { Button } from '@/components/ui/button';
import { Card, CardTitle } from '@/components/ui/card';
import { Failure } from '@/components/ui/failure';
import { Select, Textarea } from '@/components/ui/field';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { useSoundCheck } from '@/hooks/useAudioRecorder';
import { usePreferences } from '@/hooks/usePreferences';
import { useDraft } from '@/hooks/useDraft';
import { useEngines, useProfiles } from '@/hooks/useSession';
import { api, ApiError, sentence } from '@/lib/api-client';
import { setPreferences } from '@/lib/preferences';
import { forget } from '@/lib/query';
import { engineName } from '@/lib/utils';
import type { Session, SessionInput } from '@/types/session';
import { JobMatch } from './JobMatch';
import { ListeningSettings } from './ListeningSettings';

const JOB_BYTES = 65_536;

function ProfileChoice() {
  const { data, error, reload } = useProfiles();
  const { profileId } = usePreferences();
  const items = data?.items;
  useEffect(() => {
    // the newest profile is a better guess than none
    if (items && items.length > 0 && !items.some((p) => p.id === profileId)) setPreferences({ profileId: items[0]!.id });
  }, [items, profileId]);
  if (error) return <ErrorState title="Your profiles could not be read" error={error} retry={reload} />;
  if (!items) return <Skeleton className="h-16" />;
  const newProfile = (
    <Link href="/profiles/" className="font-semibold text-accent underline underline-offset-4">
      {items.length > 0 ? 'Edit profiles' : 'Make a profile, or load an example'}
    </Link>
  );
  if (items.length === 0)
    return (
      <p className="rounded-xl bg-mark px-4 py-3 text-mark-ink">
        Without a profile there is nothing to quote from. <span className="[&_a]:text-mark-ink">{newProfile}</span>
      </p>
    );
  return (
    <Select label="Answer as" value={profileId ?? ''} onChange={(event) => setPreferences({ profileId: event.target.value || null })} hint={newProfile}>
      {items.map((profile) => (
        <option key={profile.id} value={profile.id}>
          {profile.name}
        </option>
      ))}
      <option value="">Without a profile</option>
    </Select>
  );
}

function SoundCheck() {
  const { input, deviceId } = usePreferences();
  const check = useSoundCheck();
  const kind = input === 'tab' ? 'tab' : 'microphone';
  return (
    <div className="grid gap-3 rounded-xl bg-sunken p-4">
      <div className="flex flex-wrap items-center gap-4">
        <Button
          look="secondary"
          size="sm"
          busy={check.state === 'asking'}
          onClick={() => (check.state === 'on' ? check.stop() : void check.start({ kind, deviceId }))}
        >
          <Volume2 aria-hidden="true" />
          {check.state === 'on' ? 'Stop the check' : 'Check the sound'}
        </Button>
        {check.state === 'on' ? (
          <VolumeIndicator onLevel={check.onLevel} describe />
        ) : (
          <p className="text-sm text-soft">Shows the level here. Nothing is sent or kept.</p>
        )}
      </div>
      {check.error && (
        <p role="alert" className="text-sm font-medium text-live">
          {check.error}
        </p>
      )}
    </div>
  );
}

function ProviderChoice({ value, onChange }: { value: string; onChange: (provider: string) => void }) {
  const providers = useEngines().data?.providers.filter((p) => p.active) ?? [];
  if (providers.length < 2) return null;
  return (
    <Select label="Answers from" value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">The first that works ({providers.map((p) => engineName(p.name)).join(', ')})</option>
      {providers.map((p) => (
        <option key={p.name} value={p.name}>
          {engineName(p.name)}
        </option>
      ))}
    </Select>
  );
}

/**
 * A session that is made before it is started, for a voice to be learned in: started with what was chosen last, and gone when the page is left
 * without starting.
 */
function useDraftSession(input: SessionInput) {
  const latest = useRef(input);
  const draft = useRef<Promise<Session> | null>(null);
  useEffect(() => {
    latest.current = input;
  });
  useEffect(
    () => () => {
      void draft.current?.then(({ id }) => api.delete(`/sessions/${id}`)).then(() => forget('/sessions'), () => undefined);
    },
    [],
  );
  const id = useCallback(async () => {
    draft.current ??= makeSession(latest.current).catch((failure: unknown) => {
      draft.current = null;
      throw failure;
    });
    return (await draft.current).id;
  }, []);
  const start = useCallback(async () => {
    const made = await draft.current;
    const session = made ? await api.put<Session>(`/sessions/${made.id}`, latest.current) : await makeSession(latest.current);
    draft.current = null; // it is no draft any more
    forget('/sessions');
    return session.id;
  }, []);
  return { id, start };
}

/** Everything before an interview: as whom, for which job, listening to what. */
export function SetUp() {
  const router = useRouter();
  const prefs = usePreferences();
  const [job, setJob] = useDraft('posting', '');
  const [provider, setProvider] = useDraft('provider', '');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { profileId, language } = prefs;
  const draft = useDraftSession({ profileId, jobDescription: job, language, llmProvider: provider || null });
  const tooLong = new TextEncoder().encode(job).length > JOB_BYTES;

  async function start(event: FormEvent) {
    event.preventDefault();
    if (tooLong) return;
    setBusy(true);
    setError(null);
    try {
      router.push(goOn(await draft.start(), { listen: true }));
      setJob(null);
    } catch (failure) {
      if (failure instanceof ApiError && failure.fields['/profileId']) setPreferences({ profileId: null });
      setError(failure);
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void start(event)} className="grid items-start gap-6 lg:grid-cols-2">
      <Card className="grid gap-5">
        <CardTitle>Who and what for</CardTitle>
        <ProfileChoice />
        <Textarea
          label="Job description"
          rows={9}
          value={job}
          onChange={(event) => setJob(event.target.value)}
          placeholder="Paste the posting. Questions are matched with what it asks for."
          error={tooLong ? 'At most 64 KiB. Leave out what does not matter.' : undefined}
          hint="Optional. Stored encrypted."
        />
        {!tooLong && <JobMatch profileId={profileId} posting={job} />}
        <ProviderChoice value={provider} onChange={setProvider} />
      </Card>
      <Card className="grid gap-5">
        <CardTitle>How it listens</CardTitle>
        <ListeningSettings prefs={prefs} onChange={setPreferences} />
        <SoundCheck />
        {prefs.input !== 'tab' && <VoicePhrase deviceId={prefs.deviceId} session={draft.id} />}
      </Card>
      <div className="sticky bottom-[calc(3.5rem+1px+env(safe-area-inset-bottom))] z-20 -mx-4 grid gap-2 border-t border-line bg-paper px-4 py-3 sm:-mx-6 sm:px-6 lg:bottom-0 lg:col-span-2 lg:mx-0 lg:flex lg:flex-wrap lg:items-center lg:gap-x-6 lg:px-0">
        {error !== null && (
          <Failure>
            {sentence(error)}
          </Failure>
        )}
        <Button type="submit" size="lg" busy={busy} className="w-full lg:w-auto">
          {!busy && <Mic aria-hidden="true" />}
          Start the interview
        </Button>
        <p className="text-sm text-faint">Ask everybody in the call for their consent before you listen along.</p>
      </div>
    </form>
  );
}
