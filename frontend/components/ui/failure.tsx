import type { ReactNode } from 'react';

/** What went wrong with all of a form or a list, read out at once. */
export function Failure({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="rounded-xl bg-live-soft px-4 py-3 font-medium text-live">
      {children}
    </p>
  );
}
