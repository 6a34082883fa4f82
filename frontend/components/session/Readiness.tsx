'use client';

import { CircleCheck, CircleDashed } from 'lucide-react';
import { Link } from '@/components/ui/link';
import type { ReactNode } from 'react';
import { Card, CardTitle } from '@/components/ui/card';
import { Skeleton } from '@/components/ui/states';
import { useEngines, useProfiles } from '@/hooks/useSession';
import { engineName, plural } from '@/lib/utils';

function Line({ ok, title, children }: { ok: boolean; title: string; children: ReactNode }) {
  const Icon = ok ? CircleCheck : CircleDashed;
  return (
    <li className="flex gap-3">
      <Icon className={`mt-0.5 size-5 shrink-0 ${ok ? 'text-accent' : 'text-faint'}`} aria-hidden="true" />
      <div className="grid gap-0.5">
        <p className="font-semibold">
          {title}
          <span className="sr-only">{ok ? ': ready' : ': missing'}</span>
        </p>
        <p className="text-sm leading-snug text-soft">{children}</p>
      </div>
    </li>
  );
}

const linkClass = 'font-semibold text-accent underline decoration-1 underline-offset-4';

/** Three lines that say whether one can begin: who answers, who listens, who one is. */
export function Readiness() {
  const engines = useEngines().data;
  const profiles = useProfiles().data;
  const recogniser = engines?.recognisers.find((r) => r.active);
  const providers = engines?.providers.filter((p) => p.active) ?? [];
  const cloud = providers.filter((p) => p.name !== 'outline');
  const down = engines?.providers.filter((p) => p.reachable === false) ?? [];
  if (!engines || !profiles)
    return (
      <Card aria-busy="true" className="grid gap-4">
        <CardTitle>Ready to go</CardTitle>
        <Skeleton />
        <Skeleton className="w-2/3" />
        <Skeleton />
        <Skeleton className="w-1/2" />
      </Card>
    );
  return (
    <Card className="grid gap-4">
      <CardTitle>Ready to go</CardTitle>
      <ul className="grid gap-4">
        <Line ok={profiles.items.length > 0} title={profiles.items.length > 0 ? plural(profiles.items.length, 'profile') : 'No profile yet'}>
          {profiles.items.length > 0 ? 'Answers quote what you wrote there. ' : 'Answers need something to quote. '}
          <Link href="/profiles/" className={linkClass}>
            {profiles.items.length > 0 ? 'Edit' : 'Make one'}
          </Link>
        </Line>
        <Line ok={!!recogniser} title={recogniser ? `Listening with ${recogniser.name === 'openai' ? 'a service' : engineName(recogniser.name)}` : 'No recogniser'}>
          {recogniser?.name === 'pocketsphinx' ? 'Works offline, gets the gist of clear speech. ' : (recogniser?.model ?? '')}{' '}
          <Link href="/settings/#recogniser" className={linkClass}>
            {recogniser?.name === 'whisper' ? 'Details' : 'Get a better one'}
          </Link>
        </Line>
        <Line ok={providers.length > 0} title={cloud.length > 0 ? `Answers from ${cloud.map((p) => engineName(p.name)).join(', ')}` : 'Answers as talking points'}>
          {down.length > 0 && `${down.map((p) => engineName(p.name)).join(', ')} cannot answer just now. `}
          {cloud.length > 0 ? 'Talking points come first, at once. ' : `From your profile, on this machine. ${down.length > 0 ? '' : 'Add a model for full sentences. '}`}
          <Link href="/settings/#providers" className={linkClass}>
            Details
          </Link>
        </Line>
      </ul>
    </Card>
  );
}
