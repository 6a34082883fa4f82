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
const SHOWN_MS = 5000;
let count = 0;

/** A short line at the edge of the screen, read out politely. */
export function toast(text: string, bad = false): void {
  count += 1;
  const id = count;
  toasts.update((all) => [...all.slice(-2), { id, text, bad }]);
  setTimeout(() => toasts.update((all) => all.filter((t) => t.id !== id)), SHOWN_MS);
}

export function Toaster() {
  const shown = useStore(toasts, none);
  return (
    <div aria-live="polite" className="pointer-events-none fixed inset-x-4 top-4 z-50 grid justify-items-center gap-2">
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
