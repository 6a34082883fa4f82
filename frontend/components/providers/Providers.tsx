'use client';

import { ArrowDown, ArrowUp, GripVertical } from 'lucide-react';
import { useEffect, useRef, useState, type DragEvent } from 'react';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Card, CardTitle } from '@/components/ui/card';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { api, ApiError, sentence } from '@/lib/api-client';
import { forget, useQuery } from '@/lib/query';
import type { Schemas } from '@/types/session';
import { dropPlace, moved, seconds } from './order';
import { ProviderForm } from './ProviderForm';

type Provider = Schemas['Provider'];
type List = Schemas['ProviderList'];
type Models = Schemas['ModelList'];

const PATH = '/auth/me/providers';
const FOCUS_MS = 2000; // so long a row that was moved gets its focus back
const HEALTH = { answers: ['accent', 'Answers'], silent: ['live', 'Does not answer'], resting: ['live', 'Rests'] } as const;
const WHOSE = { own: 'your own', operator: 'of this server', found: 'found on the server’s machine' } as const;

/** How it is just now: whether it answers, how soon, and if not, why. */
function Health({ provider, models }: { provider: Provider; models?: Models }) {
  const known = models?.providers.find((one) => one.provider === provider.name);
  if (!models) return <Badge tone="plain">Asking…</Badge>;
  return known ? <Badge tone={HEALTH[known.health][0]}>{HEALTH[known.health][1]}</Badge> : <Badge tone="plain">Not asked yet</Badge>;
}

function Details({ provider, models }: { provider: Provider; models?: Models }) {
  const known = models?.providers.find((one) => one.provider === provider.name);
  const note = models?.items.find((one) => one.provider === provider.name && !one.available)?.note;
  const ms = known?.typicalFirstTokenMs ?? null;
  const parts = [
    provider.model,
    provider.whose && (provider.key?.lastFour ? `your key …${provider.key.lastFour}` : WHOSE[provider.whose]),
    ms !== null && `first word after ${seconds(ms)}`,
  ].filter(Boolean);
  return (
    <>
      <p className="text-sm text-faint">{parts.join(' · ')}</p>
      {note && <p className="text-sm font-medium text-live">{`${provider.title}: ${note}.`}</p>}
      {known?.health === 'resting' && <p className="text-sm text-soft">It failed several times and is left alone for half a minute.</p>}
    </>
  );
}

interface RowProps {
  provider: Provider;
  models?: Models;
  addresses: boolean;
  open: boolean;
  onToggle: () => void;
  onChanged: (list: List) => void;
}

function Change({ provider, models, addresses, onChanged }: RowProps) {
  const names = models?.items.filter((one) => one.provider === provider.name && one.available).map((one) => one.model) ?? [];
  return <ProviderForm key={`${provider.key?.lastFour} ${provider.url} ${provider.model}`} {...{ provider, addresses, onChanged }} models={names} />;
}

interface UsedProps extends RowProps {
  at: number;
  count: number;
  busy: boolean;
  onMove: (to: number) => void;
  onLeave: () => void;
  drag: { onDragStart: (event: DragEvent) => void; onDragOver: (event: DragEvent) => void; onDrop: (event: DragEvent) => void };
}

/** One that is asked, with its place among them. */
function Used(props: UsedProps) {
  const { provider, at, count, busy, open } = props;
  return (
    <li data-provider={provider.name} {...props.drag} draggable={!open && count > 1} className="grid gap-3 py-3.5 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        {count > 1 && <GripVertical className="size-5 cursor-grab text-faint" aria-hidden="true" />}
        <div className="grid min-w-0 grow">
          <span className="flex flex-wrap items-center gap-2">
            <span className="font-semibold">{provider.title}</span>
            <Health provider={provider} models={props.models} />
          </span>
          <Details provider={provider} models={props.models} />
        </div>
        <span className="flex flex-wrap gap-1">
          <Button look="ghost" size="icon" data-move="up" aria-label={`Ask ${provider.title} earlier`} disabled={at === 0 || busy} onClick={() => props.onMove(at - 1)}>
            <ArrowUp aria-hidden="true" />
          </Button>
          <Button look="ghost" size="icon" data-move="down" aria-label={`Ask ${provider.title} later`} disabled={at === count - 1 || busy} onClick={() => props.onMove(at + 1)}>
            <ArrowDown aria-hidden="true" />
          </Button>
          <Button look="secondary" size="sm" className="self-center" aria-expanded={open} aria-label={`${open ? 'Close' : 'Change'} ${provider.title}`} onClick={props.onToggle}>
            {open ? 'Close' : 'Change'}
          </Button>
        </span>
      </div>
      {open && (
        <>
          <Change {...props} />
          <Button look="ghost" size="sm" className="w-fit" busy={busy} onClick={props.onLeave}>
            Do not ask {provider.title}
          </Button>
        </>
      )}
    </li>
  );
}

/** One that could be asked. */
function Other(props: RowProps & { onUse: () => void }) {
  const { provider, open } = props;
  const todo = open ? 'Close' : provider.needsUrl && provider.url === null ? 'Add its address' : provider.needsKey && !provider.key ? 'Add a key' : 'Change';
  const ready = provider.key !== null || provider.url !== null || provider.note === '' || (!provider.needsKey && !provider.needsUrl);
  return (
    <li className="grid gap-3 py-3.5 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="grid min-w-0 grow">
          <span className="font-semibold">{provider.title}</span>
          <p className="text-sm text-faint">{provider.key ? 'Your key is kept; it is not asked.' : provider.note}</p>
        </div>
        {ready && (
          <Button look="secondary" size="sm" aria-label={`Ask it: ${provider.title}`} onClick={props.onUse}>
            Ask it
          </Button>
        )}
        <Button look="secondary" size="sm" aria-expanded={open} aria-label={`${todo}: ${provider.title}`} onClick={props.onToggle}>
          {todo}
        </Button>
      </div>
      {open && <Change {...props} />}
    </li>
  );
}

/** Which language models answer, in which order, with whose keys. */
export function Providers() {
  const read = useQuery(PATH, (key) => api.get<List>(key));
  const { data: models } = useQuery(read.data ? '/llm/models' : null, (key) => api.get<Models>(key));
  const [changed, setChanged] = useState<List | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const dragged = useRef<string | null>(null);
  const focus = useRef<{ name: string; move: string; until: number } | null>(null);
  const card = useRef<HTMLDivElement>(null);
  const list = changed ?? read.data;

  // A row that moves loses the focus, and its first button may not be pressed at the top: give it back, as often as that happens meanwhile.
  useEffect(() => {
    const wanted = focus.current;
    if (!wanted || busy) return;
    if (Date.now() > wanted.until) focus.current = null;
    const held = document.activeElement;
    if (held && held !== document.body && !(held as HTMLButtonElement).disabled) return;
    const row = card.current?.querySelector(`[data-provider="${wanted.name}"]`);
    const same = row?.querySelector<HTMLButtonElement>(`[data-move="${wanted.move}"]:not(:disabled)`);
    (same ?? row?.querySelector<HTMLButtonElement>('[data-move]:not(:disabled)'))?.focus();
  });

  if (read.error instanceof ApiError && read.error.code === 'not_operator')
    return (
      <Card id="providers" className="grid scroll-mt-6 gap-4">
        <CardTitle>Who answers</CardTitle>
        <p className="text-soft">Whoever runs this server chose who answers here.</p>
      </Card>
    );
  if (read.error) return <ErrorState title="Who answers could not be read" error={read.error} retry={read.reload} />;
  if (!list) return <Skeleton className="h-40 rounded-2xl" />;

  const used = list.items.filter((one) => one.used);
  const others = list.items.filter((one) => !one.used && one.offered);
  const names = used.map((one) => one.name);

  function show(now: List) {
    setChanged(now);
    forget('/llm/models');
    forget('/engines');
  }
  async function order(wanted: string[] | null, told: string) {
    const before = changed;
    if (wanted && list) setChanged({ ...list, ordered: true, items: [...list.items].sort((a, b) => place(wanted, a.name) - place(wanted, b.name)) });
    setBusy(true);
    try {
      show(await api.put<List>(PATH, { order: wanted }));
      setSaid(told);
    } catch (error) {
      setChanged(before);
      toast(sentence(error), true);
    }
    setBusy(false);
  }
  const move = (provider: Provider, to: number) => order(moved(names, provider.name, to), `${provider.title} is asked as number ${to + 1} of ${names.length}.`);
  const titleOf = (name: string) => list.items.find((one) => one.name === name)?.title ?? name;
  const dragOf = (target: string) => ({
    onDragStart: (event: DragEvent) => {
      dragged.current = target;
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', target);
    },
    onDragOver: (event: DragEvent) => {
      if (dragged.current) event.preventDefault();
    },
    onDrop: (event: DragEvent) => {
      const name = dragged.current;
      const box = event.currentTarget.getBoundingClientRect();
      const to = name === null ? null : dropPlace(names, name, target, event.clientY < box.top + box.height / 2);
      event.preventDefault();
      dragged.current = null;
      if (name !== null && to !== null) void order(moved(names, name, to), `${titleOf(name)} is asked as number ${to + 1} of ${names.length}.`);
    },
  });
  const common = (provider: Provider) => ({
    provider,
    models,
    addresses: list.addresses,
    open: open === provider.name,
    onToggle: () => setOpen(open === provider.name ? null : provider.name),
    onChanged: (now: List) => {
      show(now);
      setOpen(null);
    },
  });

  return (
    <Card id="providers" className="grid scroll-mt-6 gap-4">
      <div ref={card} className="contents">
        <CardTitle>Who answers</CardTitle>
        <p className="text-soft">Asked for you in this order; when one fails before its first word the next takes over.</p>
        {used.length === 0 && (
          <p className="rounded-xl border border-dashed border-line-strong/60 p-4 text-soft">
            No language model is asked: answers are made of sentences of your profile. Add a key below, or a model that runs on your machine.
          </p>
        )}
        <ol className="divide-y divide-line">
          {used.map((provider, at) => (
            <Used
              key={provider.name}
              {...common(provider)}
              at={at}
              count={used.length}
              busy={busy}
              drag={dragOf(provider.name)}
              onMove={(to) => {
                focus.current = { name: provider.name, move: to < at ? 'up' : 'down', until: Date.now() + FOCUS_MS };
                void move(provider, to);
              }}
              onLeave={() => {
                setOpen(null);
                void order(
                  names.filter((name) => name !== provider.name),
                  `${provider.title} is not asked any more.`,
                );
              }}
            />
          ))}
        </ol>
        <p className="text-sm text-faint">Behind them the built-in answer always stands: it needs nobody, and nothing leaves the server for it.</p>
        {list.ordered && (
          <Button look="ghost" size="sm" className="w-fit" busy={busy} onClick={() => void order(null, 'They are asked as the server is set up.')}>
            As the server is set up
          </Button>
        )}
        {others.length > 0 && (
          <section aria-labelledby="other-providers" className="grid gap-3 border-t border-line pt-4">
            <h3 id="other-providers" className="font-semibold">
              Not asked
            </h3>
            <ul className="divide-y divide-line">
              {others.map((provider) => (
                <Other key={provider.name} {...common(provider)} onUse={() => void order([...names, provider.name], `${provider.title} is asked last.`)} />
              ))}
            </ul>
          </section>
        )}
        <p role="status" className="sr-only">
          {said}
        </p>
      </div>
    </Card>
  );
}

/** The wanted ones first, in their order. */
function place(wanted: string[], name: string): number {
  const at = wanted.indexOf(name);
  return at < 0 ? wanted.length : at;
}
