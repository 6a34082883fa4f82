'use client';

import { MonitorSmartphone } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { api, sentence } from '@/lib/api-client';
import { forget, useQuery } from '@/lib/query';
import { when } from '@/lib/utils';
import type { Schemas } from '@/types/session';

type SignIn = Schemas['SignIn'];

function Row({ item, busy, end }: { item: SignIn; busy: boolean; end: () => void }) {
  const name = item.program ?? 'Unknown program';
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3.5 first:pt-0 last:pb-0">
      <MonitorSmartphone className="size-5 text-faint" aria-hidden="true" />
      <div className="grid min-w-0 grow">
        <span className="font-semibold">{name}</span>
        <span className="text-sm text-faint">
          {item.address ?? 'address not known'}
          {item.lastSeenAt && `, last used ${when(item.lastSeenAt)}`}
        </span>
      </div>
      {item.current ? (
        <Badge tone="accent">This one</Badge>
      ) : (
        <Button look="secondary" size="sm" busy={busy} aria-label={`Sign out ${name}`} onClick={end}>
          Sign out
        </Button>
      )}
    </li>
  );
}

/** Where one is signed in, and ending that from here. */
export function SignIns() {
  const { data, error, reload } = useQuery('/auth/sign-ins', (key) => api.get<Schemas['SignInList']>(key));
  const [busy, setBusy] = useState<string | null>(null);

  async function end(path: string, said: string) {
    setBusy(path);
    try {
      await api.delete(path);
      toast(said);
    } catch (failure) {
      toast(sentence(failure), true);
    }
    forget('/auth/sign-ins');
    setBusy(null);
  }

  if (error) return <ErrorState title="Where you are signed in could not be read" error={error} retry={reload} />;
  if (!data) return <Skeleton className="h-24 rounded-2xl" />;
  return (
    <section aria-labelledby="sign-ins" className="grid gap-3">
      <h3 id="sign-ins" className="font-semibold">
        Where you are signed in
      </h3>
      <ul className="divide-y divide-line">
        {data.items.map((item) => (
          <Row key={item.id} item={item} busy={busy === `/auth/sign-ins/${item.id}`} end={() => void end(`/auth/sign-ins/${item.id}`, 'Signed out there.')} />
        ))}
      </ul>
      {data.items.length > 1 && (
        <Button look="secondary" className="w-fit" busy={busy === '/auth/sign-ins'} onClick={() => void end('/auth/sign-ins', 'Signed out everywhere else.')}>
          Sign out everywhere else
        </Button>
      )}
    </section>
  );
}
