'use client';

import { useStore } from '@/hooks/useStore';
import { Store } from '@/lib/store';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

const toasts = new Store<Toast[]>([]);
const none: Toast[] = [];
const SHOWN_MS = { good: 5000, bad: 8000 };
const AT_ONCE = 2;
let count = 0;

/** A short line below, read out politely. The same one again does not pile up: it stays longer. */
export function toast(text: string, bad = false): void {
  count += 1;
  const id = count;
  toasts.update((all) => [...all.filter((t) => t.text !== text).slice(1 - AT_ONCE), { id, text, bad }]);
  setTimeout(() => toasts.update((all) => all.filter((t) => t.id !== id)), bad ? SHOWN_MS.bad : SHOWN_MS.good);
}

export function Toaster() {
  const shown = useStore(toasts, none);
  return (
    // above what is at the foot of each page, and below its title
    <div aria-live="polite" className="pointer-events-none fixed inset-x-4 bottom-24 z-50 grid justify-items-center gap-2 lg:start-auto lg:justify-items-end">
      {shown.map((t) => (
        <p
          key={t.id}
          className={`rise max-w-md rounded-xl px-4 py-2.5 font-medium shadow-card ${t.bad ? 'bg-live-soft text-live' : 'bg-pine text-pine-ink'}`}
        >
          {t.text}
        </p>
      ))}
    </div>
  );
}
