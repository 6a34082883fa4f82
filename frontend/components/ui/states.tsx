'use client';

import type { ReactNode } from 'react';
import { sentence } from '@/lib/api-client';
import { cn } from '@/lib/utils';
import { Button } from './button';

export function Skeleton({ className }: { className?: string }) {
  return <div className={cn('skeleton h-4', className)} aria-hidden="true" />;
}

/** Some lines that are not there yet. */
export function SkeletonList({ rows = 3, label }: { rows?: number; label: string }) {
  return (
    <div role="status" className="grid gap-3">
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, n) => (
        <Skeleton key={n} className="h-18 rounded-2xl" />
      ))}
    </div>
  );
}

export function EmptyState({ icon, title, children, action }: { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="grid justify-items-start gap-3 rounded-2xl border border-dashed border-line-strong/60 p-6 sm:p-8">
      {icon && <span className="text-accent [&_svg]:size-7">{icon}</span>}
      <h2 className="font-serif text-2xl">{title}</h2>
      <div className="max-w-prose text-soft">{children}</div>
      {action && <div className="mt-1 flex flex-wrap gap-3">{action}</div>}
    </div>
  );
}

interface Failure {
  title: string;
  error: unknown;
  retry?: () => void;
  action?: ReactNode;
  /** In place of the error's own sentence. */
  children?: ReactNode;
  /** It is all there is on the page: its title is the page's. */
  whole?: boolean;
}

/** Something failed: what, and the way out. */
export function ErrorState({ title, error, retry, action, children, whole }: Failure) {
  const Heading = whole ? 'h1' : 'h2';
  return (
    <div role="alert" className="grid justify-items-start gap-3 rounded-2xl border border-live/50 bg-live-soft p-5">
      <Heading className="text-lg font-semibold">{title}</Heading>
      <p className="max-w-prose">{children || sentence(error)}</p>
      <div className="flex flex-wrap gap-3">
        {retry && (
          <Button look="secondary" size="sm" onClick={retry}>
            Try again
          </Button>
        )}
        {action}
      </div>
    </div>
  );
}
