import { cn } from '@/lib/utils';

/** The mark: a voice that becomes lines of text. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={cn('size-8 shrink-0', className)} aria-hidden="true">
      <rect width="32" height="32" rx="8" className="fill-pine dark:fill-pine-soft" />
      <g strokeLinecap="round" strokeWidth="2.6" fill="none">
        <path stroke="#63d9b1" d="M7 13.5v5M11.5 9.5v13M16 12v8" />
        <path stroke="#f6f3ec" d="M20.5 12.5H26M20.5 19.5h3.5" />
      </g>
    </svg>
  );
}

export function Logo({ className }: { className?: string }) {
  return (
    <span className={cn('inline-flex items-center gap-2.5', className)}>
      <LogoMark />
      <span className="text-[15px] leading-tight font-semibold tracking-tight">
        Interview <span className="font-serif font-normal italic">Assistant</span>
      </span>
    </span>
  );
}
