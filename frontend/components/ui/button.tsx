import type { ComponentProps } from 'react';
import { cn } from '@/lib/utils';

type Look = 'primary' | 'secondary' | 'ghost' | 'danger' | 'live';
type Size = 'md' | 'lg' | 'sm' | 'icon';

const looks: Record<Look, string> = {
  primary: 'bg-accent text-accent-ink hover:bg-accent-strong shadow-card',
  secondary: 'border border-line-strong bg-raised text-ink hover:border-accent hover:text-accent',
  ghost: 'text-soft hover:bg-sunken hover:text-ink',
  danger: 'border border-live/60 text-live hover:bg-live-soft',
  live: 'bg-live text-white dark:text-[#2b0b04] hover:brightness-95 shadow-card',
};
const sizes: Record<Size, string> = {
  sm: 'min-h-9 px-3 text-sm gap-1.5',
  md: 'min-h-11 px-4 gap-2',
  lg: 'min-h-13 px-6 text-lg gap-2.5',
  icon: 'size-11 justify-center',
};

/** The looks of a button, for links too. */
export function buttonClass(look: Look = 'primary', size: Size = 'md', className?: string): string {
  return cn(
    'inline-flex items-center justify-center rounded-xl font-semibold whitespace-nowrap transition-colors select-none',
    'disabled:cursor-not-allowed disabled:opacity-55 [&_svg]:size-[1.15em] [&_svg]:shrink-0',
    looks[look],
    sizes[size],
    className,
  );
}

export interface ButtonProps extends ComponentProps<'button'> {
  look?: Look;
  size?: Size;
  /** Shows that work is under way and takes no second click. */
  busy?: boolean;
}

export function Button({ look, size, busy, className, disabled, children, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} disabled={disabled || busy} aria-busy={busy || undefined} className={buttonClass(look, size, className)}>
      {busy && <span className="size-4 animate-spin rounded-full border-2 border-current border-t-transparent" aria-hidden="true" />}
      {children}
    </button>
  );
}
