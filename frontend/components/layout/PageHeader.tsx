import type { ReactNode } from 'react';

export function PageHeader({ title, children, action }: { title: ReactNode; children?: ReactNode; action?: ReactNode }) {
  return (
    <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
      <div className="grid max-w-2xl gap-2">
        <h1 className="font-serif text-[2rem] leading-[1.1] tracking-tight sm:text-display">{title}</h1>
        {children && <div className="text-lg text-soft">{children}</div>}
      </div>
      {action && <div className="flex flex-wrap gap-3">{action}</div>}
    </header>
  );
}
