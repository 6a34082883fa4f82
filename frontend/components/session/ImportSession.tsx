'use client';

import { Upload } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { type ChangeEvent, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { toast } from '@/components/ui/toast';
import { api, ApiError, sentence } from '@/lib/api-client';
import { forget } from '@/lib/query';
import type { Session } from '@/types/session';

const BYTES_MAX = 32 * 1024 * 1024;

/** A sentence with the first field that is wrong, since a person can look for that in the file. */
function explain(error: unknown): string {
  const field = error instanceof ApiError ? Object.entries(error.fields)[0] : undefined;
  return field ? `This file cannot be imported: ${field[0]} ${field[1]}.` : sentence(error);
}

async function readSession(file: File): Promise<unknown> {
  if (file.size > BYTES_MAX) throw new Error('This file is larger than 32 MB.');
  try {
    return JSON.parse(await file.text()) as unknown;
  } catch {
    throw new Error('This is no session that was saved as JSON.');
  }
}

/** Brings back a session that was saved as JSON, and opens it. */
export function ImportSession() {
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const router = useRouter();

  async function take(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    event.target.value = ''; // the same file may be chosen again
    if (!file) return;
    setBusy(true);
    try {
      const session = await api.post<Session>('/sessions/import', await readSession(file));
      forget('/sessions');
      forget('/profiles');
      router.push(`/interview/${session.id}/review/`);
    } catch (error) {
      toast(explain(error), true);
    }
    setBusy(false);
  }

  return (
    <>
      <input ref={input} type="file" aria-label="Session file" accept=".json,application/json" className="sr-only" tabIndex={-1} onChange={(event) => void take(event)} />
      <Button look="secondary" busy={busy} onClick={() => input.current?.click()}>
        <Upload aria-hidden="true" />
        Import
      </Button>
    </>
  );
}
