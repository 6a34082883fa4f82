import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import type { InputKind } from '@/types/audio';

/** Something that is so, and what can be done about it, in one line. */
function Note({ children, action, onAction }: { children: ReactNode; action: string; onAction: () => void }) {
  return (
    <div role="status" className="mt-2 flex flex-wrap items-center justify-between gap-x-4 gap-y-1 rounded-xl bg-sunken py-1.5 ps-4 pe-1.5 text-sm text-soft short:hidden">
      <p className="min-w-0 flex-1">{children}</p>
      <Button size="sm" look="secondary" onClick={onAction}>
        {action}
      </Button>
    </div>
  );
}

/** Another page of this interview listens: what it hears stands here too. */
export function Elsewhere({ taken, elsewhere, onTakeOver }: { taken: boolean; elsewhere: boolean; onTakeOver: () => void }) {
  return (
    <Note action="Listen here" onAction={onTakeOver}>
      {taken ? 'Another page has taken over listening.' : 'Another page of this interview listens.'} {elsewhere ? 'All of it is shown here too.' : 'It has stopped.'}
    </Note>
  );
}

/** One of two inputs ended by itself; the other goes on. */
export function Ended({ what, onAgain }: { what: InputKind; onAgain: () => void }) {
  return (
    <Note action={what === 'tab' ? 'Share it again' : 'Use it again'} onAction={onAgain}>
      {what === 'tab' ? 'The shared tab has ended; the microphone is heard.' : 'The microphone has ended; the shared tab is heard.'}
    </Note>
  );
}

/** The server is there, and no WebSocket reaches it. */
export function Blocked() {
  return (
    <p role="alert" className="mt-3 flex gap-3 rounded-2xl border border-live/50 bg-live-soft p-4 leading-snug font-medium text-live">
      <CircleAlert aria-hidden="true" className="mt-0.5 size-5 shrink-0" />
      The server answers, but something in front of it, mostly a proxy, does not pass WebSockets on: nothing is heard or answered until it lets “Upgrade” through. The guide “Behind a
      proxy” has the lines.
    </p>
  );
}

/** Why nothing is heard, for as long as that is so, and what to do about it. */
export function Trouble({ what, onRetry, onSettings }: { what: string; onRetry: () => void; onSettings: () => void }) {
  return (
    <div role="alert" className="mt-3 grid gap-3 rounded-2xl border border-live/50 bg-live-soft p-4 tall:mt-6 tall:sm:p-5">
      <p className="flex gap-3 leading-snug font-medium text-live">
        <CircleAlert aria-hidden="true" className="mt-0.5 size-5 shrink-0" />
        {what}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button size="sm" look="secondary" onClick={onRetry}>
          Try again
        </Button>
        <Button size="sm" look="ghost" onClick={onSettings}>
          Choose another input
        </Button>
      </div>
    </div>
  );
}
