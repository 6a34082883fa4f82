'use client';

import { Download, LogOut } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Card, CardTitle } from '@/components/ui/card';
import { ConfirmDialog } from '@/components/ui/dialog';
import { Input, Select } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { api, sentence } from '@/lib/api-client';
import { eraseMe, logout, startAuth, updateMe } from '@/lib/auth';
import { forget } from '@/lib/query';
import { saveAnswer } from '@/lib/utils';
import type { User } from '@/types/user';
import { ApiKeys } from './ApiKeys';
import { Passkeys } from './Passkeys';
import { Password } from './Password';
import { Photo } from './Photo';
import { SignIns } from './SignIns';

function Name({ user }: { user: User }) {
  const [name, setName] = useState(user.displayName);
  const [busy, setBusy] = useState(false);
  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      await updateMe({ displayName: name.trim() });
      toast('Your name is saved.');
    } catch (error) {
      toast(sentence(error), true);
    }
    setBusy(false);
  }
  return (
    <form onSubmit={(event) => void save(event)} className="flex flex-wrap items-end gap-3">
      <div className="min-w-0 grow">
        <Input label="Your name" value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
      </div>
      <Button type="submit" look="secondary" busy={busy} disabled={name.trim() === '' || name.trim() === user.displayName}>
        Save
      </Button>
    </form>
  );
}

const DAYS = [1, 3, 7, 14, 30, 90];

function Retention({ user }: { user: User }) {
  const days = user.settings.retentionDays ?? null;
  const choices = days !== null && !DAYS.includes(days) ? [...DAYS, days].sort((a, b) => a - b) : DAYS;
  return (
    <Select
      label="Erase recordings after"
      hint="Of recordings that are made from now on. The server may erase them sooner."
      value={days ?? ''}
      onChange={(event) => {
        const retentionDays = event.target.value === '' ? null : Number(event.target.value);
        updateMe({ settings: { retentionDays } }).then(
          () => toast('Saved.'),
          (error: unknown) => toast(sentence(error), true),
        );
      }}
    >
      <option value="">As long as the server keeps them</option>
      {choices.map((n) => (
        <option key={n} value={n}>
          {n === 1 ? 'a day' : `${n} days`}
        </option>
      ))}
    </Select>
  );
}

function TakeAlong() {
  const [busy, setBusy] = useState(false);
  async function save() {
    setBusy(true);
    try {
      await saveAnswer(await api.send('GET', '/auth/me/export'), 'interview-assistant.zip');
    } catch (error) {
      toast(sentence(error), true);
    }
    setBusy(false);
  }
  return (
    <Button look="secondary" busy={busy} onClick={() => void save()}>
      <Download aria-hidden="true" />
      {busy ? 'Preparing…' : 'Save all my data'}
    </Button>
  );
}

/** Who one is here, and the end of it. */
export function Account({ user, accounts }: { user: User; accounts: boolean }) {
  const router = useRouter();
  const [erasing, setErasing] = useState(false);
  const [busy, setBusy] = useState(false);

  async function erase() {
    setBusy(true);
    try {
      await eraseMe();
      forget('');
      await startAuth(true);
      router.replace('/');
    } catch (error) {
      setErasing(false); // a modal would cover the message
      toast(sentence(error), true);
      setBusy(false);
    }
  }

  return (
    <Card className="grid gap-6">
      <CardTitle>{accounts ? 'Account' : 'This machine'}</CardTitle>
      {accounts ? (
        <p className="text-soft">
          Signed in as <strong className="text-ink">{user.email}</strong>.
        </p>
      ) : (
        <p className="text-soft">You are its only user, so there is no account and no password. Only this machine can open the page.</p>
      )}
      <Photo user={user} />
      <Name key={user.displayName} user={user} />
      <Retention user={user} />
      {accounts && <Password />}
      {accounts && <Passkeys />}
      {accounts && <SignIns />}
      <ApiKeys />
      <div className="flex flex-wrap gap-3">
        {accounts && (
          <Button look="secondary" onClick={() => void logout()}>
            <LogOut aria-hidden="true" />
            Sign out
          </Button>
        )}
        <TakeAlong />
        <Button look="danger" onClick={() => setErasing(true)}>
          Erase everything
        </Button>
      </div>
      <ConfirmDialog
        open={erasing}
        title="Erase everything?"
        action="Erase for good"
        busy={busy}
        onClose={() => setErasing(false)}
        onConfirm={() => void erase()}
      >
        All profiles, sessions, questions and answers{accounts ? ', and the account itself' : ''} go for good. There is no way back. “Save all my data” keeps a copy
        for you.
      </ConfirmDialog>
    </Card>
  );
}
