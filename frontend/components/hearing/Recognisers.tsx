'use client';

import { useState } from 'react';
import { HearingNotice } from '@/components/audio/HearingNotice';
import { KeptVoice } from '@/components/audio/VoicePhrase';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Card, CardTitle } from '@/components/ui/card';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { usePreferences } from '@/hooks/usePreferences';
import { useRecogniser, type Recogniser, type RecogniserChange } from '@/hooks/useRecogniser';
import { useEngines } from '@/hooks/useSession';
import { sentence } from '@/lib/api-client';
import { engineName } from '@/lib/utils';
import type { Schemas } from '@/types/session';
import { Models } from './Models';
import { ServiceForm } from './ServiceForm';
import { TestOutcome } from './TestOutcome';

const earName = (engine: string) => (engine === 'openai' ? 'a transcription service' : engineName(engine));

/** What hears, in one sentence, and from when on where that is not now. */
export function told(is: Recogniser): string {
  if (is.restart) return 'No recogniser could be used when the server was started: what you choose counts after it was started anew.';
  const now = is.active ? `Heard with ${earName(is.active.engine)}${is.active.model ? `, ${is.active.model}` : ''}.` : 'Nothing is heard.';
  return is.waits ? `${now} What you chose takes over when nobody is being heard any more.` : now;
}

const LOCAL: { engine: 'auto' | 'pocketsphinx'; title: string; note: string }[] = [
  { engine: 'auto', title: 'The best that is on this machine', note: 'Takes the best model below for the language of an interview, by itself.' },
  { engine: 'pocketsphinx', title: 'PocketSphinx', note: 'Comes with the system; gets the gist of clear English.' },
];

function Choices({ recogniser: is, models, hearing }: { recogniser: Recogniser; models: Schemas['HearingModel'][]; hearing: ReturnType<typeof useRecogniser> }) {
  const [open, setOpen] = useState(is.engine === 'openai');
  const [busy, setBusy] = useState(false);
  const [tested, setTested] = useState<Schemas['RecogniserTest'] | null>(null);
  const [testing, setTesting] = useState(false);

  const todo = open ? 'Close' : is.url ? 'Change' : 'Set up';

  const tell = (error: unknown) => toast(sentence(error), true);
  async function choose(change: RecogniserChange | null, said: string) {
    setBusy(true);
    setTested(null);
    await hearing.choose(change).then(() => toast(said), tell);
    setBusy(false);
  }
  async function test() {
    setTesting(true);
    await hearing.test({}).then(setTested, tell);
    setTesting(false);
  }

  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <p role="status" className="min-w-0 grow text-soft">
          {told(is)}
        </p>
        <Button look="secondary" size="sm" busy={testing} onClick={() => void test()}>
          Test it
        </Button>
        {is.chosen && (
          <Button look="ghost" size="sm" disabled={busy} onClick={() => void choose(null, 'As the server is set up.')}>
            As the server is set up
          </Button>
        )}
      </div>
      <div role="status">{tested && <TestOutcome test={tested} />}</div>
      <ul aria-label="Recognisers" className="divide-y divide-line">
        {LOCAL.map(({ engine, title, note }) => {
          const chosen = is.engine === engine && !is.model;
          return (
            <li key={engine} className="flex flex-wrap items-center gap-x-3 gap-y-2 py-3 first:pt-0">
              <div className="grid min-w-0 grow">
                <span className="flex flex-wrap items-center gap-2 font-semibold">
                  {title}
                  {chosen && <Badge tone="accent">Chosen</Badge>}
                </span>
                <span className="text-sm text-faint">{note}</span>
              </div>
              {!chosen && (
                <Button look="secondary" size="sm" disabled={busy} aria-label={`Use: ${title}`} onClick={() => void choose({ engine, model: null }, `${title} hears.`)}>
                  Use
                </Button>
              )}
            </li>
          );
        })}
        <li className="grid gap-3 py-3">
          <span className="font-semibold">Whisper, on this machine</span>
          <Models
            models={models}
            chosen={is.engine === 'openai' ? null : is.model}
            busy={busy}
            onUse={(model) => void choose({ engine: 'whisper', model }, `${model} hears.`)}
            onGet={(name) => void hearing.get(name).catch(tell)}
            onCancel={(name) => void hearing.cancel(name).catch(tell)}
            onRemove={(name) => void hearing.remove(name).catch(tell)}
          />
        </li>
        <li className="grid gap-3 py-3 last:pb-0">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <div className="grid min-w-0 grow">
              <span className="flex flex-wrap items-center gap-2 font-semibold">
                A transcription service
                {is.engine === 'openai' && <Badge tone="accent">Chosen</Badge>}
              </span>
              <span className="text-sm text-faint">
                {is.url ? [is.url, is.name, is.key?.lastFour && `key …${is.key.lastFour}`].filter(Boolean).join(' · ') : 'Groq, OpenAI, or a server of your own.'}
              </span>
            </div>
            <Button look="secondary" size="sm" aria-expanded={open} aria-label={`${todo} the transcription service`} onClick={() => setOpen(!open)}>
              {todo}
            </Button>
          </div>
          {open && <ServiceForm key={`${is.url} ${is.name} ${is.key?.lastFour}`} recogniser={is} onTest={hearing.test} onChoose={hearing.choose} />}
        </li>
      </ul>
    </>
  );
}

/** For whoever may not change it: what there is. */
function Listed() {
  const { data, error, reload } = useEngines();
  if (error) return <ErrorState title="The server did not say what it runs" error={error} retry={reload} />;
  if (!data) return <Skeleton className="h-24 rounded-2xl" />;
  return (
    <ul className="divide-y divide-line">
      {data.recognisers
        .filter((r) => r.active)
        .map((r) => (
          <li key={r.name} className="grid gap-1 py-3.5 first:pt-0 last:pb-0">
            <div className="flex flex-wrap items-center gap-2">
              <span className="font-semibold">{r.name === 'openai' ? 'A transcription service' : engineName(r.name)}</span>
              {r.model && <span className="text-sm text-faint">{r.model}</span>}
              <span className="ms-auto">
                <Badge tone="accent">Active</Badge>
              </span>
            </div>
            {r.note && <p className="text-soft">{r.note}</p>}
          </li>
        ))}
      {!data.recognisers.some((r) => r.active) && <li className="text-soft">Nothing is heard here: whoever runs the server has set up no recogniser.</li>}
    </ul>
  );
}

/** Who listens: chosen, fetched and tried here by whoever runs the server. */
export function Recognisers() {
  const { language } = usePreferences();
  const hearing = useRecogniser();
  const { recogniser, models, mayChange, error, look } = hearing;
  return (
    <Card id="recogniser" className="grid scroll-mt-6 gap-4">
      <CardTitle>Who listens</CardTitle>
      {error !== null && !recogniser ? (
        <ErrorState title="Who listens could not be read" error={error} retry={look} />
      ) : mayChange === false ? (
        <Listed />
      ) : recogniser ? (
        <Choices recogniser={recogniser} models={models} hearing={hearing} />
      ) : (
        <Skeleton className="h-40 rounded-2xl" />
      )}
      {mayChange === false && <HearingNotice language={language} />}
      <KeptVoice />
    </Card>
  );
}
