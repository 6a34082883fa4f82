'use client';

import { Account } from '@/components/account/Account';
import { HearingNotice } from '@/components/audio/HearingNotice';
import { KeptVoice } from '@/components/audio/VoicePhrase';
import { Providers } from '@/components/providers/Providers';
import { Badge } from '@/components/ui/badge';
import { Card, CardTitle } from '@/components/ui/card';
import { Segmented, Select } from '@/components/ui/field';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { useAuth } from '@/hooks/useAuth';
import { usePreferences } from '@/hooks/usePreferences';
import { useEngines } from '@/hooks/useSession';
import { updateMe } from '@/lib/auth';
import { applyTheme, setPreferences } from '@/lib/preferences';
import { engineName, LANGUAGES } from '@/lib/utils';
import type { Theme } from '@/types/user';

function Look() {
  const prefs = usePreferences();
  function choose(theme: Theme) {
    setPreferences({ theme });
    applyTheme(theme);
    void updateMe({ settings: { theme } }).catch(() => undefined); // kept in this browser even so
  }
  return (
    <Card className="grid gap-5">
      <CardTitle>Look and language</CardTitle>
      <Segmented<Theme>
        label="Theme"
        value={prefs.theme}
        onChange={choose}
        choices={[
          { value: 'system', label: 'As the system' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
      />
      <Select
        label="Language of interviews"
        value={prefs.language}
        onChange={(event) => {
          setPreferences({ language: event.target.value });
          void updateMe({ settings: { language: event.target.value } }).catch(() => undefined);
        }}
      >
        {LANGUAGES.map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </Select>
    </Card>
  );
}

const STATES = { Active: 'accent', 'Not set up': 'plain' } as const;

function Engine({ name, detail, state, note }: { name: string; detail?: string | null; state: keyof typeof STATES; note: string }) {
  return (
    <li className="grid gap-1 py-3.5 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-semibold">{name}</span>
        {detail && <span className="text-sm text-faint">{detail}</span>}
        <span className="ml-auto"><Badge tone={STATES[state]}>{state}</Badge></span>
      </div>
      {note && <p className="text-soft">{note}</p>}
    </li>
  );
}

function Engines() {
  const { language } = usePreferences();
  const { data, error, reload } = useEngines();
  if (error) return <ErrorState title="The server did not say what it runs" error={error} retry={reload} />;
  if (!data) return <Skeleton className="h-40 rounded-2xl" />;
  return (
    <Card id="recogniser" className="grid scroll-mt-6 gap-4">
      <CardTitle>Who listens</CardTitle>
      <ul className="divide-y divide-line">
        {data.recognisers.map((r) => (
          <Engine key={r.name} name={r.name === 'openai' ? 'A transcription service' : engineName(r.name)} detail={r.model} state={r.active ? 'Active' : 'Not set up'} note={r.note} />
        ))}
      </ul>
      <HearingNotice language={language} />
      <KeptVoice />
    </Card>
  );
}

export function Settings() {
  const state = useAuth();
  return (
    <div className="grid max-w-3xl gap-6">
      <Look />
      <Engines />
      <Providers />
      <Card className="grid gap-3">
        <CardTitle>What stays where</CardTitle>
        <ul className="grid list-disc gap-2 pl-5 text-soft marker:text-accent">
          <li>Sound is heard only while the red “Listening” is shown, and goes to the server of this page and nowhere else.</li>
          <li>With pocketsphinx or whisper, speech becomes text on that machine. With “openai” as recogniser, sentences go to that service.</li>
          <li>With only “outline” answering, nothing leaves the machine. A cloud provider gets the question, your profile and the job description.</li>
          <li>Profile text and job descriptions are encrypted before they are stored.</li>
        </ul>
      </Card>
      {state.phase === 'in' ? <Account user={state.user} accounts={state.accounts} /> : <Skeleton className="h-40 rounded-2xl" />}
    </div>
  );
}
