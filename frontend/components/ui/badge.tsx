import type { ComponentProps } from 'react';
import { cn } from '@/lib/utils';

type Tone = 'plain' | 'accent' | 'live' | 'mark';

const tones: Record<Tone, string> = {
  plain: 'bg-sunken text-soft',
  accent: 'bg-accent-soft text-accent-strong',
  live: 'bg-live-soft text-live',
  mark: 'bg-mark text-mark-ink',
};

export function Badge({ tone = 'plain', className, ...rest }: ComponentProps<'span'> & { tone?: Tone }) {
  return (
    <span
      {...rest}
      className={cn('inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-[13px] font-semibold whitespace-nowrap', tones[tone], className)}
    />
  );
}
