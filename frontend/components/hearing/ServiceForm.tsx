'use client';

import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Input, Select } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { useFormWork } from '@/hooks/useFormWork';
import type { Recogniser, RecogniserChange } from '@/hooks/useRecogniser';
import type { Schemas } from '@/types/session';
import { TestOutcome } from './TestOutcome';

/** Services that people have; their models as they call them. */
const SERVICES = [
  { name: 'Groq', url: 'https://api.groq.com/openai/v1', models: ['whisper-large-v3-turbo', 'whisper-large-v3'] },
  { name: 'OpenAI', url: 'https://api.openai.com/v1', models: ['whisper-1', 'gpt-4o-mini-transcribe', 'gpt-4o-transcribe'] },
];

interface Draft {
  url: string;
  key: string;
  name: string;
}

const draftOf = (is: Recogniser): Draft => ({ url: is.ownUrl ? (is.url ?? '') : '', key: '', name: is.ownUrl ? (is.name ?? '') : '' });

/** What choosing the service as it stands in the form sends; a key that was not typed stays as it is kept. */
export function serviceChange(is: Recogniser, draft: Draft): RecogniserChange {
  const url = draft.url.trim();
  const key = draft.key.trim();
  return { engine: 'openai', model: null, url: url || null, name: draft.name.trim() || null, ...(key ? { key } : !url && is.ownUrl ? { key: null } : {}) };
}

interface Props {
  recogniser: Recogniser;
  onTest: (change: RecogniserChange) => Promise<Schemas['RecogniserTest']>;
  onChoose: (change: RecogniserChange) => Promise<void>;
}

/** Address, key and model of a transcription service: tried before it hears anybody. */
export function ServiceForm({ recogniser, onTest, onChoose }: Props) {
  const [draft, setDraft] = useState(draftOf(recogniser));
  const [tested, setTested] = useState<Schemas['RecogniserTest'] | null>(null);
  const { form, errors, busy, run } = useFormWork<'test' | 'choose'>();
  const known = SERVICES.find((service) => service.url === draft.url.trim());
  const settings = !recogniser.ownUrl && recogniser.url !== null; // the server's settings have one
  const set = (part: Partial<Draft>) => {
    setDraft((old) => ({ ...old, ...part }));
    setTested(null);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run('choose', async () => {
      await onChoose(serviceChange(recogniser, draft));
      setDraft((old) => ({ ...old, key: '' }));
      toast('The service hears from now on.');
    });
  };

  return (
    <form ref={form} onSubmit={submit} className="grid gap-4 rounded-xl border border-line bg-sunken p-4" aria-label="A transcription service" autoComplete="off">
      <p className="text-sm text-soft">Sentences are sent to it as sound, so what is said leaves this machine. When it does not answer, the recogniser of this machine hears instead.</p>
      <div className="flex flex-wrap gap-2">
        {SERVICES.map(({ name, url, models }) => (
          <Button key={name} look="secondary" size="sm" aria-pressed={known?.name === name} onClick={() => set({ url, name: models[0]! })}>
            {name}
          </Button>
        ))}
      </div>
      <Input
        label="Address of the service"
        type="url"
        inputMode="url"
        placeholder={settings ? recogniser.url! : 'https://api.groq.com/openai/v1'}
        hint={recogniser.ownUrl && recogniser.key ? 'Another address forgets the key.' : settings ? 'Empty: the one that the server is set up with, and its key.' : 'Anything that speaks OpenAI’s audio/transcriptions.'}
        value={draft.url}
        maxLength={512}
        error={errors['/url']}
        onChange={(event) => set({ url: event.target.value })}
      />
      <Input
        label="Key of the service"
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={draft.key}
        maxLength={512}
        error={errors['/key']}
        placeholder={recogniser.ownUrl && recogniser.key ? `••••${recogniser.key.lastFour}` : ''}
        hint={recogniser.ownUrl && recogniser.key ? 'One is kept. Paste another one to replace it.' : 'Kept encrypted, and never shown again. A server of your own may need none.'}
        onChange={(event) => set({ key: event.target.value })}
      />
      {known ? (
        <Select label="Model of the service" value={draft.name} onChange={(event) => set({ name: event.target.value })}>
          {(known.models.includes(draft.name) || !draft.name ? known.models : [draft.name, ...known.models]).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      ) : (
        <Input label="Model of the service" placeholder="whisper-1" value={draft.name} maxLength={128} error={errors['/name']} onChange={(event) => set({ name: event.target.value })} />
      )}
      <div role="status">{tested && <TestOutcome test={tested} />}</div>
      <div className="flex flex-wrap gap-3">
        <Button look="secondary" size="sm" busy={busy === 'test'} onClick={() => void run('test', async () => setTested(await onTest(serviceChange(recogniser, draft))))}>
          Test the service
        </Button>
        <Button type="submit" size="sm" busy={busy === 'choose'}>
          Hear with it
        </Button>
      </div>
    </form>
  );
}
