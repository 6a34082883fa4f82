'use client';

import { Account } from '@/components/account/Account';
import { Recognisers } from '@/components/hearing/Recognisers';
import { ListeningSettings } from '@/components/interview/ListeningSettings';
import { Providers } from '@/components/providers/Providers';
import { Card, CardTitle } from '@/components/ui/card';
import { Segmented } from '@/components/ui/field';
import { Skeleton } from '@/components/ui/states';
import { useAuth } from '@/hooks/useAuth';
import { usePreferences } from '@/hooks/usePreferences';
import { updateMe } from '@/lib/auth';
import { applyTheme, setPreferences } from '@/lib/preferences';
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
      <CardTitle>Look</CardTitle>
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
    </Card>
  );
}

/** Devices and language, as an interview begins with them. */
function Listening() {
  const prefs = usePreferences();
  return (
    <Card className="grid gap-5">
      <CardTitle>How interviews are heard</CardTitle>
      <ListeningSettings
        prefs={prefs}
        reading
        onChange={(change) => {
          setPreferences(change);
          if (change.language) void updateMe({ settings: { language: change.language } }).catch(() => undefined);
        }}
      />
    </Card>
  );
}

export function Settings() {
  const state = useAuth();
  return (
    <div className="grid max-w-3xl gap-6">
      <Look />
      <Listening />
      <Recognisers />
      <Providers />
      <Card className="grid gap-3">
        <CardTitle>What stays where</CardTitle>
        <ul className="grid list-disc gap-2 pl-5 text-soft marker:text-accent">
          <li>Sound is heard only while the red “Listening” is shown, and goes to the server of this page and nowhere else.</li>
          <li>With Whisper or PocketSphinx, speech becomes text on that machine. With a transcription service, sentences go to that service as sound.</li>
          <li>With the built-in answer alone, nothing leaves the machine. A cloud provider gets the question, your profile and the job description.</li>
          <li>Profile text and job descriptions are encrypted before they are stored.</li>
        </ul>
      </Card>
      {state.phase === 'in' ? <Account user={state.user} accounts={state.accounts} /> : <Skeleton className="h-40 rounded-2xl" />}
    </div>
  );
}
