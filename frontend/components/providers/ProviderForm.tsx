'use client';

import { ExternalLink } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Input, Select } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { useFormWork } from '@/hooks/useFormWork';
import { api } from '@/lib/api-client';
import type { Schemas } from '@/types/session';
import { seconds } from './order';

type Provider = Schemas['Provider'];
type Test = Schemas['ProviderTest'];
type Change = Schemas['ProviderChange'];

interface Draft {
  key: string;
  url: string;
  model: string;
}

const draftOf = (provider: Provider): Draft => ({ key: '', url: provider.url ?? '', model: provider.ownModel ? (provider.model ?? '') : '' });

/** What the draft changes of what is kept. */
export function changeOf(provider: Provider, draft: Draft): Change {
  const kept = draftOf(provider);
  const change: Change = {};
  if (draft.key.trim()) change.key = draft.key.trim();
  if (draft.url.trim() !== kept.url) change.url = draft.url.trim() || null;
  if (draft.model.trim() !== kept.model) change.model = draft.model.trim() || null;
  return change;
}

/** What came of the test, in words. */
function Outcome({ test }: { test: Test }) {
  if (!test.works) return <p className="font-medium text-live">{test.why}</p>;
  return (
    <p className="font-medium text-accent">
      It works{test.firstTokenMs !== null && `: first word after ${seconds(test.firstTokenMs)}`}.{' '}
      <span className="font-normal text-soft">{test.model && `${test.model} answers.`}</span>
    </p>
  );
}

/** A model of those that it has, or any name where it does not say. */
function Model({ provider, models, value, onChange }: { provider: Provider; models: string[]; value: string; onChange: (value: string) => void }) {
  if (models.length === 0)
    return (
      <Input
        label={`Model of ${provider.title}`}
        hint="Those that it has are listed here once it answers."
        placeholder={provider.model ?? ''}
        value={value}
        maxLength={128}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  const known = value === '' || models.includes(value) ? models : [value, ...models];
  return (
    <Select label={`Model of ${provider.title}`} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{provider.ownModel || !provider.model ? 'The usual one' : `The usual one (${provider.model})`}</option>
      {known.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </Select>
  );
}

interface Props {
  provider: Provider;
  /** One may name addresses. */
  addresses: boolean;
  /** What it lists just now. */
  models: string[];
  /** It was changed: all of them as they are now. */
  onChanged: (list: Schemas['ProviderList']) => void;
}

/** Key, address and model of one provider: tried before they are kept. */
export function ProviderForm({ provider, addresses, models, onChanged }: Props) {
  const [draft, setDraft] = useState(draftOf(provider));
  const [test, setTest] = useState<Test | null>(null);
  const { form, errors, busy, run } = useFormWork<'test' | 'save' | 'remove'>();
  const path = `/auth/me/providers/${provider.name}`;
  const change = changeOf(provider, draft);
  const set = (part: Partial<Draft>) => {
    setDraft((old) => ({ ...old, ...part }));
    setTest(null);
  };
  const tryIt = () => run('test', async () => setTest(await api.post<Test>(`${path}/test`, change)));
  const keep = (what: 'save' | 'remove', wanted: Change, said: string) =>
    run(what, async () => {
      onChanged(await api.patch<Schemas['ProviderList']>(path, wanted));
      setDraft((old) => ({ ...old, key: '' }));
      setTest(null);
      toast(said);
    });
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(change).length > 0) void keep('save', change, `${provider.title} is saved.`);
  };

  return (
    <form ref={form} onSubmit={save} className="grid gap-4 rounded-xl border border-line bg-sunken p-4" aria-label={provider.title} autoComplete="off">
      {addresses && (provider.needsUrl || !provider.needsKey || provider.url !== null) && (
        <Input
          label={`Address of ${provider.title}`}
          type="url"
          inputMode="url"
          placeholder="http://127.0.0.1:8000/v1"
          hint={provider.key ? 'Another address forgets the key.' : undefined}
          value={draft.url}
          maxLength={512}
          error={errors['/url']}
          onChange={(event) => set({ url: event.target.value })}
        />
      )}
      <Input
        label={`Key of ${provider.title}`}
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={draft.key}
        maxLength={512}
        error={errors['/key']}
        placeholder={provider.key ? `••••${provider.key.lastFour}` : ''}
        hint={
          <>
            {provider.key ? `Yours is kept${provider.key.lastFour && `; it ends in ${provider.key.lastFour}`}. Paste another one to replace it. ` : 'It is kept encrypted, never shown again, and answers nobody but you. '}
            {provider.keyPage && (
              <a href={provider.keyPage} target="_blank" rel="noreferrer" className="link inline-flex items-center gap-1">
                Where do I get one?
                <ExternalLink className="size-3.5" aria-hidden="true" />
                <span className="sr-only">(opens in another tab)</span>
              </a>
            )}
          </>
        }
        onChange={(event) => set({ key: event.target.value })}
      />
      <Model provider={provider} models={test?.works ? test.models : models} value={draft.model} onChange={(model) => set({ model })} />
      <div role="status">{test && <Outcome test={test} />}</div>
      <div className="flex flex-wrap gap-3">
        <Button look="secondary" size="sm" busy={busy === 'test'} onClick={() => void tryIt()}>
          Test
        </Button>
        <Button type="submit" size="sm" busy={busy === 'save'} disabled={Object.keys(change).length === 0}>
          Save
        </Button>
        {provider.key && (
          <Button look="danger" size="sm" busy={busy === 'remove'} onClick={() => void keep('remove', { key: null }, `Your key of ${provider.title} is removed.`)}>
            Remove the key
          </Button>
        )}
      </div>
    </form>
  );
}
