'use client';

import { CircleAlert, Ear, EarOff, Loader } from 'lucide-react';
import type { ListeningState } from '@/lib/live-session';
import type { Ailment } from '@/lib/watchdog';
import type { InputKind } from '@/types/audio';
import { cn } from '@/lib/utils';

const AILING: Record<Ailment, (kind: InputKind) => string> = {
  suspended: () => 'The browser holds the sound back: click anywhere',
  gone: () => 'The microphone is unplugged: plug one in',
  stalled: (kind) => (kind === 'tab' ? 'The shared tab sends nothing' : 'The microphone stands still: opening it again'),
  silent: (kind) => (kind === 'tab' ? 'The shared tab is silent' : 'Only silence: is the microphone switched off?'),
};

/** One line that says plainly whether this page hears anything right now. */
export function describe(s: ListeningState, connected = true, elsewhere = false, blocked = s.link === 'blocked'): { text: string; tone: 'live' | 'plain' | 'warn' } {
  if (s.phase === 'asking') return { text: 'The browser is asking you for permission', tone: 'plain' };
  if (s.phase === 'ending') return { text: 'Finishing the last words', tone: 'plain' };
  if (blocked) return { text: 'A proxy does not pass WebSockets on', tone: 'warn' };
  if (s.phase === 'off' && !connected) return { text: 'Connecting to the server', tone: 'warn' };
  if (s.phase === 'off' && elsewhere) return { text: 'Another page listens', tone: 'live' };
  if (s.phase === 'off') return s.ended ? { text: s.ended === 'tab' ? 'The shared tab ended' : 'The microphone went away', tone: 'warn' } : { text: 'Not listening', tone: 'plain' };
  if (s.ailing && s.ailing.what !== 'silent') return { text: AILING[s.ailing.what](s.ailing.kind), tone: 'warn' };
  if (s.link === 'refused') return { text: 'The server refused the audio', tone: 'warn' };
  if (s.link === 'waiting' || s.link === 'connecting')
    return { text: s.lostMs > 0 ? 'Reconnecting; some audio is lost' : 'Reconnecting; nothing is lost for 30 s', tone: 'warn' };
  if (!connected) return { text: 'Heard; answers are reconnecting', tone: 'warn' };
  if (s.muted) return { text: 'Muted: nothing is heard', tone: 'plain' };
  if (s.ailing) return { text: AILING[s.ailing.what](s.ailing.kind), tone: s.ailing.kind === 'tab' ? 'plain' : 'warn' };
  if (s.ended) return { text: `Only ${s.ended === 'tab' ? 'the microphone' : 'the shared tab'} is heard`, tone: 'warn' };
  return { text: 'Listening', tone: 'live' };
}

/** `connected`: answers can arrive. `elsewhere`: another page listens. `blocked`: no WebSocket comes through. */
export function LiveStatus({ state, ptt, connected, elsewhere, blocked }: { state: ListeningState; ptt: boolean; connected: boolean; elsewhere: boolean; blocked: boolean }) {
  const told = describe(state, connected, elsewhere, blocked);
  const idle = ptt && state.phase === 'on' && told.tone === 'live' && !state.talking;
  const text = idle ? 'Ready: hold to talk' : told.text;
  const tone = idle ? 'plain' : told.tone;
  const Icon = tone === 'warn' ? CircleAlert : state.phase === 'asking' || state.phase === 'ending' ? Loader : tone === 'live' ? Ear : EarOff;
  return (
    <p
      role="status"
      className={cn(
        'inline-flex min-h-9 short:min-h-8 items-center gap-2 rounded-full px-3 text-sm font-semibold',
        tone === 'live' && 'bg-live-soft text-live',
        tone === 'warn' && 'bg-mark text-mark-ink',
        tone === 'plain' && 'bg-sunken text-soft',
      )}
    >
      {tone === 'live' ? <span className="pulse size-2.5 rounded-full bg-live" aria-hidden="true" /> : <Icon className="size-4" aria-hidden="true" />}
      {text}
    </p>
  );
}
