'use client';

import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Input } from '@/components/ui/field';
import { api, sentence } from '@/lib/api-client';
import { forget } from '@/lib/query';
import type { Session } from '@/types/session';

const TITLE_MAX = 120;

function Form({ session, shown, onClose }: { session: Session; shown: string; onClose: () => void }) {
  const [title, setTitle] = useState(session.title || shown);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();

  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await api.patch<Session>(`/sessions/${session.id}`, { title: title.trim() });
      forget('/sessions');
      onClose();
    } catch (error) {
      setFailure(sentence(error));
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void save(event)} className="grid gap-5">
      <Input
        label="Name of the session"
        value={title}
        maxLength={TITLE_MAX}
        autoComplete="off"
        error={failure}
        hint="Empty: it is named after the job description again."
        onChange={(event) => setTitle(event.target.value)}
        onFocus={(event) => event.target.select()}
      />
      <div className="flex flex-wrap justify-end gap-3">
        <Button look="secondary" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" busy={busy}>
          Rename
        </Button>
      </div>
    </form>
  );
}

/** What a person calls a session; `shown` is what it is called until then. */
export function RenameDialog({ open, ...rest }: { session: Session; shown: string; open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} title="Rename this session" onClose={rest.onClose}>
      <Form {...rest} />
    </Dialog>
  );
}
