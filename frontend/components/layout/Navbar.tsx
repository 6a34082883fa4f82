'use client';

import { Link } from '@/components/ui/link';
import { cn } from '@/lib/utils';
import { Logo } from './Logo';
import { PLACES, usePlace } from './Sidebar';

/** The bar at the top of small screens. */
export function TopBar() {
  return (
    <header className="flex items-center justify-between px-4 pt-4 sm:px-6 lg:hidden">
      <Link href="/" className="rounded-lg">
        <Logo />
      </Link>
    </header>
  );
}

/** Navigation at the thumb on small screens. */
export function Navbar() {
  const here = usePlace();
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      <ul className="mx-auto grid max-w-xl grid-cols-5">
        {PLACES.map(({ href, label, icon: Icon }) => (
          <li key={href}>
            <Link
              href={href}
              aria-current={here === href ? 'page' : undefined}
              className={cn(
                'flex min-h-14 flex-col items-center justify-center gap-0.5 text-xs font-semibold',
                here === href ? 'text-accent' : 'text-faint',
              )}
            >
              <Icon className="size-5.5" aria-hidden="true" />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
