'use client';

import { ArrowRight } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { CardTitle } from '@/components/ui/card';
import { Select } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { usePreferences } from '@/hooks/usePreferences';
import { useProfiles } from '@/hooks/useSession';
import { api, sentence } from '@/lib/api-client';
import { setPreferences } from '@/lib/preferences';
import { forget } from '@/lib/query';
import type { Profile, ProfileInput } from '@/types/session';
import { beginSession } from './start';

const SAMPLES = ['Tell me about a time something you led went wrong.', 'Why do you want to leave your current job?', 'What are you most proud of?'];

/** Loads the first example profile when there is none yet, so that a newcomer's first answer already quotes something. */
async function profileFor(chosen: string | null, own: Profile[]): Promise<string> {
  if (own.length > 0) return own.some((p) => p.id === chosen) ? chosen! : own[0]!.id;
  const [example] = (await (await fetch('/examples/index.json')).json()) as ProfileInput[];
  const made = await api.post<Profile>('/profiles', example);
  forget('/profiles');
  setPreferences({ profileId: made.id });
  return made.id;
}

/** The shortest way to see what the product does: type a question, no microphone. */
export function TryQuestion() {
  const router = useRouter();
  const { profileId } = usePreferences();
  const { data } = useProfiles();
  const [question, setQuestion] = useState('');
  const [busy, setBusy] = useState(false);
  const own = data?.items ?? [];

  async function ask(text: string) {
    if (text.trim() === '' || busy) return;
    setBusy(true);
    try {
      router.push(await beginSession({ profileId: await profileFor(profileId, own) }, { ask: text.trim() }));
    } catch (error) {
      toast(sentence(error), true);
      setBusy(false);
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void ask(question);
  }

  return (
    <section aria-labelledby="try" className="grid gap-5 rounded-2xl bg-pine p-5 text-pine-ink shadow-card sm:p-7 dark:border dark:border-line dark:bg-surface">
      <div className="grid gap-1.5">
        <CardTitle id="try">Try it without a microphone</CardTitle>
        <p className="text-pine-faint">Ask what an interviewer would ask. You see talking points with their sources, then the answer.</p>
      </div>
      <form onSubmit={submit} className="flex items-center gap-2 rounded-xl bg-raised p-1.5 pl-4 text-ink focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-[#63d9b1] dark:border dark:border-line-strong">
        <label htmlFor="try-question" className="sr-only">
          Interview question
        </label>
        <input
          id="try-question"
          value={question}
          onChange={(event) => setQuestion(event.target.value)}
          maxLength={4000}
          placeholder="Type a question…"
          autoComplete="off"
          className="min-w-0 flex-1 bg-transparent font-serif text-lg outline-none placeholder:text-faint"
        />
        <Button type="submit" busy={busy} aria-label="Ask" className="px-3.5">
          {!busy && <ArrowRight aria-hidden="true" />}
        </Button>
      </form>
      <ul className="flex flex-wrap gap-2">
        {SAMPLES.map((sample) => (
          <li key={sample}>
            <button
              type="button"
              disabled={busy}
              onClick={() => void ask(sample)}
              className="min-h-9 rounded-full border border-pine-faint/40 px-3.5 py-1.5 text-left text-sm font-medium text-pine-ink hover:border-[#63d9b1] focus-visible:outline-[#63d9b1] disabled:opacity-60"
            >
              {sample}
            </button>
          </li>
        ))}
      </ul>
      {own.length > 1 && (
        <div className="max-w-sm [&_label]:text-pine-faint">
          <Select label="Answer as" value={profileId ?? own[0]!.id} onChange={(event) => setPreferences({ profileId: event.target.value })}>
            {own.map((profile) => (
              <option key={profile.id} value={profile.id}>
                {profile.name}
              </option>
            ))}
          </Select>
        </div>
      )}
      {data && own.length === 0 && <p className="text-sm text-pine-faint">You have no profile yet, so this answers as one of the example people.</p>}
    </section>
  );
}
