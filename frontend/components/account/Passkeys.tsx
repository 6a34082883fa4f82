'use client';

import { KeyRound, Pencil, Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { ConfirmDialog, Dialog } from '@/components/ui/dialog';
import { Input, useFirstWrong } from '@/components/ui/field';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { api, ApiError, sentence } from '@/lib/api-client';
import { addPasskey, passkeysMissing, passkeyTrouble, type Passkey } from '@/lib/passkeys';
import { forget, useQuery } from '@/lib/query';
import { when } from '@/lib/utils';
import type { Schemas } from '@/types/session';

const NAME_MAX = 80;

/** A name for a new one, and the password where the server wants it once more. */
function AddForm({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState<string | null>(null); // null: not wanted so far
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const form = useFirstWrong(errors);

  async function add(event: FormEvent) {
    event.preventDefault();
    if (name.trim() === '') return setErrors({ name: 'A name that you will know it by.' });
    if (password === '') return setErrors({ password: 'Type your password.' });
    setBusy(true);
    setErrors({});
    try {
      await addPasskey(name.trim(), password ?? undefined);
      forget('/auth/passkeys');
      toast('The passkey is added. You can sign in with it from now on.');
      return onClose();
    } catch (error) {
      const code = error instanceof ApiError ? error.code : null;
      if (code === 'password_needed') {
        setPassword('');
        setErrors({ password: 'You signed in a while ago: type your password once more.' });
      } else if (code === 'invalid_credentials') setErrors({ password: 'That is not your password.' });
      else setErrors({ name: passkeyTrouble(error) ?? '' });
    }
    setBusy(false);
  }

  return (
    <form ref={form} onSubmit={(event) => void add(event)} noValidate className="grid gap-5">
      <Input
        label="What do you call it?"
        hint="Such as “My phone” or “Blue security key”."
        maxLength={NAME_MAX}
        autoComplete="off"
        value={name}
        error={errors.name}
        onChange={(event) => setName(event.target.value)}
      />
      {password !== null && (
        <Input
          label="Your password"
          type="password"
          autoComplete="current-password"
          maxLength={200}
          value={password}
          error={errors.password}
          onChange={(event) => setPassword(event.target.value)}
        />
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button look="secondary" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" busy={busy}>
          Go on
        </Button>
      </div>
    </form>
  );
}

function RenameForm({ item, onClose }: { item: Passkey; onClose: () => void }) {
  const [name, setName] = useState(item.name);
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      await api.patch(`/auth/passkeys/${item.id}`, { name: name.trim() });
      forget('/auth/passkeys');
      return onClose();
    } catch (error) {
      setFailure(sentence(error));
    }
    setBusy(false);
  }

  return (
    <form onSubmit={(event) => void save(event)} noValidate className="grid gap-5">
      <Input label="Name" maxLength={NAME_MAX} autoComplete="off" value={name} error={failure} onChange={(event) => setName(event.target.value)} />
      <div className="flex flex-wrap justify-end gap-3">
        <Button look="secondary" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" busy={busy} disabled={name.trim() === ''}>
          Rename
        </Button>
      </div>
    </form>
  );
}

function Row({ item, rename, remove }: { item: Passkey; rename: () => void; remove: () => void }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3.5 first:pt-0 last:pb-0">
      <KeyRound className="size-5 text-faint" aria-hidden="true" />
      <div className="grid min-w-0 grow">
        <span className="font-semibold wrap-anywhere">{item.name}</span>
        <span className="text-sm text-faint">
          {item.lastUsedAt ? `last used ${when(item.lastUsedAt)}` : 'not used yet'}
          {item.createdAt && `, added ${when(item.createdAt)}`}
          {item.site !== location.hostname && `, for ${item.site}`}
        </span>
      </div>
      <div className="flex">
        <Button look="ghost" size="icon" aria-label={`Rename ${item.name}`} onClick={rename}>
          <Pencil aria-hidden="true" />
        </Button>
        <Button look="ghost" size="icon" aria-label={`Remove ${item.name}`} onClick={remove}>
          <Trash2 aria-hidden="true" />
        </Button>
      </div>
    </li>
  );
}

/** The passkeys of an account: added, named, removed. */
export function Passkeys() {
  const { data, error, reload } = useQuery('/auth/passkeys', (key) => api.get<Schemas['PasskeyList']>(key));
  const [adding, setAdding] = useState(false);
  const [renaming, setRenaming] = useState<Passkey | null>(null);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  const [busy, setBusy] = useState(false);

  async function remove(item: Passkey) {
    setBusy(true);
    try {
      await api.delete(`/auth/passkeys/${item.id}`);
      toast('Nobody signs in with it any more. The device may go on offering it until it is erased there, too.');
    } catch (failure) {
      toast(sentence(failure), true);
    }
    forget('/auth/passkeys');
    setRemoving(null);
    setBusy(false);
  }

  if (error) return <ErrorState title="Your passkeys could not be read" error={error} retry={reload} />;
  if (!data) return <Skeleton className="h-24 rounded-2xl" />;
  const missing = passkeysMissing();
  return (
    <section aria-labelledby="passkeys" className="grid gap-3">
      <h3 id="passkeys" className="font-semibold">
        Passkeys
      </h3>
      <p className="text-soft">Sign in with a fingerprint, your face or the PIN of a device, without typing the password.</p>
      {data.items.length > 0 && (
        <ul className="divide-y divide-line">
          {data.items.map((item) => (
            <Row key={item.id} item={item} rename={() => setRenaming(item)} remove={() => setRemoving(item)} />
          ))}
        </ul>
      )}
      {missing ? (
        <p className="text-sm text-faint">{missing}</p>
      ) : (
        <Button look="secondary" className="w-fit" onClick={() => setAdding(true)}>
          <KeyRound aria-hidden="true" />
          Add a passkey
        </Button>
      )}
      <Dialog open={adding} title="Add a passkey" onClose={() => setAdding(false)}>
        <AddForm onClose={() => setAdding(false)} />
      </Dialog>
      <Dialog open={renaming !== null} title="Rename this passkey" onClose={() => setRenaming(null)}>
        {renaming && <RenameForm item={renaming} onClose={() => setRenaming(null)} />}
      </Dialog>
      <ConfirmDialog
        open={removing !== null}
        title={`Remove ${removing?.name ?? 'it'}?`}
        action="Remove"
        busy={busy}
        onClose={() => setRemoving(null)}
        onConfirm={() => removing && void remove(removing)}
      >
        You cannot sign in with it any more; your password still works. Where it signed in before, you stay signed in: end that under “Where you are signed in”.
      </ConfirmDialog>
    </section>
  );
}
