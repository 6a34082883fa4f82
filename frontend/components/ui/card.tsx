import type { ComponentProps } from 'react';
import { cn } from '@/lib/utils';

export function Card({ className, ...rest }: ComponentProps<'section'>) {
  return <section {...rest} className={cn('rounded-2xl border border-line bg-surface p-5 shadow-card sm:p-6', className)} />;
}

export function CardTitle({ className, ...rest }: ComponentProps<'h2'>) {
  // eslint-disable-next-line jsx-a11y/heading-has-content -- the content comes with the properties
  return <h2 {...rest} className={cn('text-lg font-semibold tracking-tight', className)} />;
}
