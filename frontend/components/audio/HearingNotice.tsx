'use client';

import { Ear } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import { useHearing, type Hearing } from '@/hooks/useHearing';
import { LANGUAGES } from '@/lib/utils';
import type { Schemas } from '@/types/session';

type Model = Schemas['HearingModel'];

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
const nameOf = (language: string) => (language === 'auto' ? 'any language' : (LANGUAGES.find(([code]) => code === language)?.[1] ?? language));

/** Percent of what is coming, outside of what a screen reader reads by itself. */
function Coming({ model }: { model: Model }) {
  return (
    <progress
      aria-label={`${model.name}, of ${megabytes(model.bytes)}`}
      max={model.bytes}
      value={Math.min(model.done, model.bytes)}
      className="h-1.5 w-full accent-accent"
    />
  );
}

function missingText(hearing: Hearing, model: Model): string {
  const language = nameOf(hearing.language);
  const now = hearing.model ? `${hearing.model} hears ${language} meanwhile.` : `Nothing here hears ${language} yet; questions can be typed meanwhile.`;
  if (model.state === 'getting') return `${model.name} (${megabytes(model.bytes)}) is on its way, for ${language}. ${now} The next time you start listening uses it.`;
  if (model.state === 'failed') return `${model.name} (${megabytes(model.bytes)}) for ${language} could not be fetched: ${model.detail.replace(/\.?$/, '.')} ${now}`;
  return `${now} ${model.name} (${megabytes(model.bytes)}) would hear it.`;
}

function offerText(hearing: Hearing, model: Model): string {
  const size = `${model.name} (${megabytes(model.bytes)})`;
  if (model.state === 'getting') return `${size} is on its way. The next interview uses it.`;
  if (model.state === 'failed') return `${size} could not be fetched: ${model.detail.replace(/\.?$/, '.')}`;
  if (!hearing.model) return `${size} hears far better than what is here.`;
  const slower = hearing.realTimeFactor !== null && hearing.offerRealTimeFactor !== null && hearing.offerRealTimeFactor > hearing.realTimeFactor;
  return slower ? `Heard with ${hearing.model}. This machine is quick enough for a better one: ${size}.` : `Heard with ${hearing.model}, which keeps this machine busy. Quicker: ${size}.`;
}

/** What the language will be heard with, where there is something to say: what is missing, on its way, or could be had. */
export function HearingNotice({ language, missingOnly }: { language: string; missingOnly?: boolean }) {
  const { hearing, error, get } = useHearing(language);
  const model = hearing?.missing ?? (missingOnly ? null : hearing?.offer) ?? null;
  const text = !hearing || !model ? '' : hearing.missing ? missingText(hearing, model) : offerText(hearing, model);
  let action: ReactNode = null;
  if (hearing?.mayFetch && model && model.state !== 'getting')
    action = (
      <Button look="secondary" size="sm" className="justify-self-start" onClick={() => void get(model.name)}>
        {model.state === 'failed' ? 'Try again' : `Get ${model.name}`}
      </Button>
    );
  return (
    <div className={text ? 'grid gap-2 rounded-xl bg-sunken p-4' : undefined} data-hearing={model?.state ?? 'ready'}>
      <p role="status" className={text ? 'flex gap-2 text-sm text-soft' : 'sr-only'}>
        {text && <Ear aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-accent" />}
        {text}
      </p>
      {model?.state === 'getting' && <Coming model={model} />}
      {action}
      {error && (
        <p role="alert" className="text-sm font-medium text-live">
          {error}
        </p>
      )}
    </div>
  );
}
