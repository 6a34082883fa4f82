'use client';

import { Copy, KeyRound } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { ConfirmDialog } from '@/components/ui/dialog';
import { Input } from '@/components/ui/field';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { api, sentence } from '@/lib/api-client';
import { forget, useQuery } from '@/lib/query';
import { when } from '@/lib/utils';
import type { Schemas } from '@/types/session';

type ApiKey = Schemas['ApiKey'];

const PATH = '/auth/keys';

/** The key, this once. */
function Made({ made, onDone }: { made: Schemas['NewKey']; onDone: () => void }) {
  async function copy() {
    try {
      await navigator.clipboard.writeText(made.key);
      toast('The key is copied.');
    } catch {
      toast('The browser does not let the page copy: select the key and copy it.', true);
    }
  }
  return (
    <div className="grid gap-3 rounded-xl border border-accent bg-accent-soft p-4">
      <Input label={`Key “${made.label}”`} readOnly value={made.key} className="font-mono text-sm" onFocus={(event) => event.target.select()} hint="Copy it now: it is not shown again." />
      <div className="flex flex-wrap gap-3">
        <Button size="sm" onClick={() => void copy()}>
          <Copy aria-hidden="true" />
          Copy
        </Button>
        <Button look="secondary" size="sm" onClick={onDone}>
          I have it
        </Button>
      </div>
    </div>
  );
}

function Row({ item, onRevoke }: { item: ApiKey; onRevoke: () => void }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3.5 first:pt-0 last:pb-0">
      <KeyRound className="size-5 text-faint" aria-hidden="true" />
      <div className="grid min-w-0 grow">
        <span className="font-semibold" dir="auto">
          {item.label}
        </span>
        <span className="text-sm text-faint">
          {item.prefix}…, {item.lastUsedAt ? `last used ${when(item.lastUsedAt)}` : `made ${when(item.createdAt)}, never used`}
        </span>
      </div>
      <Button look="secondary" size="sm" aria-label={`Revoke ${item.label}`} onClick={onRevoke}>
        Revoke
      </Button>
    </li>
  );
}

/** Keys that programs sign in with: made, told once, revoked. */
export function ApiKeys() {
  const { data, error, reload } = useQuery(PATH, (key) => api.get<Schemas['KeyList']>(key));
  const [label, setLabel] = useState('');
  const [made, setMade] = useState<Schemas['NewKey'] | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const [busy, setBusy] = useState(false);

  async function change(work: () => Promise<void>) {
    setBusy(true);
    try {
      await work();
    } catch (failure) {
      toast(sentence(failure), true);
    }
    setRevoking(null);
    setBusy(false);
    forget(PATH);
  }
  const make = (event: FormEvent) => {
    event.preventDefault();
    void change(async () => {
      setMade(await api.post<Schemas['NewKey']>(PATH, { label: label.trim() }));
      setLabel('');
    });
  };
  const revoke = (key: ApiKey) =>
    change(async () => {
      await api.delete(`${PATH}/${key.id}`);
      if (made?.id === key.id) setMade(null);
      toast('Revoked: nothing signs in with it any more.');
    });

  if (error) return <ErrorState title="Your keys could not be read" error={error} retry={reload} />;
  if (!data) return <Skeleton className="h-24 rounded-2xl" />;
  return (
    <section aria-labelledby="api-keys" className="grid gap-3">
      <h3 id="api-keys" className="font-semibold">
        Keys for programs
      </h3>
      <p className="text-soft">A program that was made for OpenAI’s API uses this server with such a key, as you. It cannot change your account.</p>
      {made && <Made made={made} onDone={() => setMade(null)} />}
      {data.items.length > 0 && (
        <ul className="divide-y divide-line">
          {data.items.map((item) => (
            <Row key={item.id} item={item} onRevoke={() => setRevoking(item)} />
          ))}
        </ul>
      )}
      <form onSubmit={make} className="flex flex-wrap items-end gap-3">
        <div className="min-w-0 grow">
          <Input label="What the new key is for" placeholder="The editor on my laptop" value={label} maxLength={80} onChange={(event) => setLabel(event.target.value)} />
        </div>
        <Button type="submit" look="secondary" busy={busy} disabled={label.trim() === ''}>
          Make a key
        </Button>
      </form>
      <ConfirmDialog
        open={revoking !== null}
        title={`Revoke “${revoking?.label ?? ''}”?`}
        action="Revoke it"
        busy={busy}
        onClose={() => setRevoking(null)}
        onConfirm={() => revoking && void revoke(revoking)}
      >
        Programs that sign in with it are refused from now on.
      </ConfirmDialog>
    </section>
  );
}
