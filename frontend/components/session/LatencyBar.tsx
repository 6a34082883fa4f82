import { milliseconds } from '@/lib/utils';
import type { Latency } from '@/types/session';

const STAGES: [keyof Latency, string, string][] = [
  ['finalMs', 'words', 'bg-faint'],
  ['outlineMs', 'talking points', 'bg-mark-line'],
  ['firstTokenMs', 'first word', 'bg-accent'],
  ['totalMs', 'complete', 'bg-accent/40'],
];

/** How long each stage took, from the end of the question. */
export function LatencyBar({ latency }: { latency: Latency | null | undefined }) {
  if (!latency) return null;
  const reached = STAGES.filter(([key]) => latency[key] !== null && latency[key] !== undefined);
  if (reached.length === 0) return null;
  return (
    <dl className="flex flex-wrap gap-x-5 gap-y-1 text-sm text-faint" aria-label="Time from the end of the question">
      {reached.map(([key, name, colour]) => (
        <div key={key} className="flex items-center gap-1.5">
          <span className={`size-2 rounded-full ${colour}`} aria-hidden="true" />
          <dt>{name}</dt>
          <dd className="font-semibold text-soft tabular-nums">{milliseconds(latency[key])}</dd>
        </div>
      ))}
    </dl>
  );
}
