'use client';

import { ChartLine } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { EmptyState, ErrorState, SkeletonList } from '@/components/ui/states';
import { useProgress } from '@/hooks/useSession';
import { clock, kindName, when } from '@/lib/utils';
import type { QuestionKind, Schemas } from '@/types/session';

type Item = Schemas['ProgressItem'];

const [WIDTH, HEIGHT, EDGE] = [300, 72, 6];

interface Measure {
  name: string;
  hint: string;
  of: (item: Item) => number | null;
  say: (value: number) => string;
}

const MEASURES: Measure[] = [
  { name: 'Pace', hint: 'words a minute', of: (i) => i.wordsPerMinute, say: (v) => String(Math.round(v)) },
  { name: 'Fillers', hint: 'in a hundred words', of: (i) => i.fillersPer100Words, say: (v) => v.toFixed(1) },
  { name: 'Score', hint: 'of the answers, of 100', of: (i) => i.averageScore, say: (v) => String(Math.round(v)) },
];

/** A line from the oldest to the newest; the table below says the same in words. */
function Chart({ measure, items }: { measure: Measure; items: Item[] }) {
  const values = items.flatMap((item) => measure.of(item) ?? []).toReversed();
  const last = values.at(-1);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (n: number) => (values.length < 2 ? WIDTH / 2 : EDGE + (n * (WIDTH - 2 * EDGE)) / (values.length - 1));
  const y = (v: number) => (high === low ? HEIGHT / 2 : EDGE + ((high - v) * (HEIGHT - 2 * EDGE)) / (high - low));
  return (
    <figure className="grid gap-2 rounded-2xl border border-line bg-surface p-4">
      <figcaption>
        <span className="font-semibold">{measure.name}</span> <span className="text-sm text-faint">{measure.hint}</span>
        <span className="block font-serif text-2xl tabular-nums">{last === undefined ? '–' : measure.say(last)}</span>
      </figcaption>
      {values.length > 0 && (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" className="w-full text-accent">
          <polyline points={values.map((v, n) => `${x(n)},${y(v)}`).join(' ')} fill="none" stroke="currentColor" strokeWidth="2" />
          {values.map((v, n) => (
            <circle key={n} cx={x(n)} cy={y(v)} r={n === values.length - 1 ? 4 : 2} fill="currentColor" />
          ))}
        </svg>
      )}
    </figure>
  );
}

/** The kind that was asked most. */
function mostAsked(kinds: Item['kinds']): string {
  const most = Object.entries(kinds).toSorted((a, b) => b[1] - a[1])[0];
  return most ? `${kindName(most[0] as QuestionKind)} (${most[1]})` : '–';
}

function Table({ items }: { items: Item[] }) {
  const shown = (measure: Measure, item: Item) => {
    const value = measure.of(item);
    return value === null ? '–' : measure.say(value);
  };
  return (
    <div className="overflow-x-auto rounded-2xl border border-line bg-surface">
      <table className="w-full text-left text-sm tabular-nums [&_td]:p-3 [&_th]:p-3">
        <thead className="text-faint">
          <tr>
            <th scope="col">Session</th>
            <th scope="col">Length</th>
            <th scope="col">Questions</th>
            {MEASURES.map((measure) => (
              <th key={measure.name} scope="col">
                {measure.name}
              </th>
            ))}
            <th scope="col">Asked most</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.sessionId} className="border-t border-line">
              <th scope="row" className="font-normal">
                <Link href={`/interview/${item.sessionId}/review/`} className="font-semibold hover:text-accent">
                  {item.title || when(item.createdAt)}
                </Link>
                {item.title && <span className="block text-faint">{when(item.createdAt)}</span>}
              </th>
              <td>{item.duration > 0 ? clock(item.duration) : '–'}</td>
              <td>{item.questions}</td>
              {MEASURES.map((measure) => (
                <td key={measure.name}>{shown(measure, item)}</td>
              ))}
              <td>{mostAsked(item.kinds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How one comes along over the newest fifty sessions. */
export function Progress() {
  const { data, error, reload } = useProgress();
  if (error) return <ErrorState title="Your progress could not be read" error={error} retry={reload} />;
  if (!data) return <SkeletonList rows={3} label="Reading your progress" />;
  const items = data.items.filter((item) => item.questions > 0 || item.duration > 0);
  if (items.length === 0)
    return (
      <EmptyState icon={<ChartLine aria-hidden="true" />} title="Nothing to compare yet">
        After your first interview its pace, fillers, scores and kinds of questions stand here.
      </EmptyState>
    );
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-3">
        {MEASURES.map((measure) => (
          <Chart key={measure.name} measure={measure} items={items} />
        ))}
      </div>
      <p className="text-sm text-faint">
        Pace and fillers are of what was heard of you, when your own voice was; recognisers leave many fillers out, so compare them with themselves.
      </p>
      <Table items={items} />
    </>
  );
}
