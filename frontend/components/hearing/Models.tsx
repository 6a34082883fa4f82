'use client';

import { useId, useState } from 'react';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import type { Schemas } from '@/types/session';

type Model = Schemas['HearingModel'];

export const size = (bytes: number) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`);
const hears = (model: Model) => (model.languages === 'en' ? 'English' : `${model.languages} languages`);

interface Actions {
  onGet: (name: string) => void;
  onCancel: (name: string) => void;
  onRemove: (name: string) => void;
  onUse: (name: string) => void;
}

function Row({ model, chosen, busy, ...actions }: { model: Model; chosen: boolean; busy: boolean } & Actions) {
  const here = model.state === 'ready' || model.state === 'in_use';
  const coming = model.state === 'getting';
  const again = model.state === 'failed' ? 'Try again' : model.done > 0 ? 'Go on' : 'Get';
  return (
    <li data-model={model.name} className="grid gap-1.5 py-3 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="grid min-w-0 grow">
          <span className="flex flex-wrap items-center gap-2">
            <span className="font-semibold">{model.name}</span>
            {model.state === 'in_use' && <Badge tone="accent">Hears now</Badge>}
            {chosen && model.state !== 'in_use' && <Badge tone="mark">Chosen</Badge>}
          </span>
          <span className="text-sm text-faint">
            {size(model.bytes)} · {hears(model)}
            {model.what && ` · ${model.what}`}
          </span>
        </div>
        {here && !chosen && (
          <Button look="secondary" size="sm" disabled={busy} aria-label={`Use ${model.name}`} onClick={() => actions.onUse(model.name)}>
            Use
          </Button>
        )}
        {here && !chosen && model.state !== 'in_use' && (
          <Button look="ghost" size="sm" aria-label={`Remove ${model.name}`} onClick={() => actions.onRemove(model.name)}>
            Remove
          </Button>
        )}
        {coming && (
          <Button look="ghost" size="sm" aria-label={`Stop fetching ${model.name}`} onClick={() => actions.onCancel(model.name)}>
            Stop
          </Button>
        )}
        {!here && !coming && (
          <Button look="secondary" size="sm" aria-label={`${again}: ${model.name}, ${size(model.bytes)}`} onClick={() => actions.onGet(model.name)}>
            {again}
          </Button>
        )}
      </div>
      {coming && (
        <progress aria-label={`${model.name}, of ${size(model.bytes)}`} max={model.bytes} value={Math.min(model.done, model.bytes)} className="h-1.5 w-full accent-accent" />
      )}
      {model.detail && (model.state === 'failed' || coming) && <p className={model.state === 'failed' ? 'text-sm font-medium text-live' : 'text-sm text-soft'}>{model.detail}</p>}
    </li>
  );
}

/** Whisper's models: those that are here or on their way, and, unfolded, all others. */
export function Models({ models, chosen, busy, ...actions }: { models: Model[]; chosen: string | null; busy: boolean } & Actions) {
  const [all, setAll] = useState(false);
  const id = useId();
  const here = models.filter((model) => model.state !== 'absent' || model.done > 0 || model.name === chosen);
  const rest = models.filter((model) => !here.includes(model));
  const rows = (list: Model[]) => list.map((model) => <Row key={model.name} model={model} chosen={model.name === chosen} busy={busy} {...actions} />);
  return (
    <div className="grid gap-3">
      {here.length > 0 ? (
        <ul aria-label="Models on this machine" className="divide-y divide-line">
          {rows(here)}
        </ul>
      ) : (
        <p className="text-soft">No model is here yet. base.en-q8_0 is a good one for English, base-q8_0 for other languages.</p>
      )}
      {rest.length > 0 && (
        <Button look="ghost" size="sm" className="w-fit" aria-expanded={all} aria-controls={id} onClick={() => setAll(!all)}>
          {all ? 'Fewer models' : `${rest.length} more models`}
        </Button>
      )}
      <ul id={id} aria-label="Models that can be fetched" hidden={!all} className="divide-y divide-line">
        {all && rows(rest)}
      </ul>
    </div>
  );
}
