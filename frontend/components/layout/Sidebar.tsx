'use client';

import { History, House, Mic, Settings, UserRound } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { usePathname } from 'next/navigation';
import { cn } from '@/lib/utils';
import { Logo } from './Logo';

export const PLACES = [
  { href: '/', label: 'Home', icon: House },
  { href: '/interview/', label: 'Interview', icon: Mic },
  { href: '/history/', label: 'History', icon: History },
  { href: '/profiles/', label: 'Profiles', icon: UserRound },
  { href: '/settings/', label: 'Settings', icon: Settings },
];

/** Which entry of the navigation the address belongs to; a session's page belongs to the history, and so does the progress. */
export function usePlace(): string {
  const path = usePathname();
  if (/^\/interview\/[^/]+\/review|^\/progress/.test(path)) return '/history/';
  return PLACES.findLast((place) => path.startsWith(place.href))?.href ?? '/';
}

/** Navigation on wide screens. */
export function Sidebar() {
  const here = usePlace();
  return (
    <aside className="sticky top-0 hidden h-dvh w-60 shrink-0 flex-col gap-8 bg-pine p-5 text-pine-ink lg:flex">
      <Link href="/" className="rounded-lg py-1 focus-visible:outline-pine-ink">
        <Logo className="[&_rect]:fill-pine-soft" />
      </Link>
      <nav aria-label="Main" className="grid gap-1">
        {PLACES.map(({ href, label, icon: Icon }) => (
          <Link
            key={href}
            href={href}
            aria-current={here === href ? 'page' : undefined}
            className={cn(
              'flex min-h-11 items-center gap-3 rounded-xl px-3 font-medium focus-visible:outline-pine-ink',
              here === href ? 'bg-pine-soft text-white' : 'text-pine-faint hover:bg-pine-soft/60 hover:text-pine-ink',
            )}
          >
            <Icon className="size-5" aria-hidden="true" />
            {label}
          </Link>
        ))}
      </nav>
      <p className="mt-auto text-sm leading-snug text-pine-faint">Runs on this machine. What is said here stays here unless you choose a cloud provider.</p>
    </aside>
  );
}
