'use client';

import { usePathname, useRouter } from 'next/navigation';
import { useEffect, type ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import { useAuth } from '@/hooks/useAuth';
import { startAuth } from '@/lib/auth';
import { Navbar, TopBar } from './Navbar';
import { Sidebar } from './Sidebar';

/** Sends to the login page whoever is not signed in. Renders nothing. */
function Guard() {
  const { phase } = useAuth();
  const router = useRouter();
  useEffect(() => {
    if (phase !== 'out') return;
    const here = location.pathname;
    router.replace(here === '/' ? '/login/' : `/login/?next=${encodeURIComponent(here)}`);
  }, [phase, router]);
  return null;
}

function Unreachable() {
  const state = useAuth();
  if (state.phase !== 'unreachable') return null;
  return (
    <div role="alert" className="flex flex-wrap items-center justify-between gap-3 bg-live-soft px-5 py-3 text-live">
      <p className="font-medium">{state.message}</p>
      <Button look="secondary" size="sm" onClick={() => void startAuth(true)}>
        Try again
      </Button>
    </div>
  );
}

/** The frame of every page but the live screen, which wants the whole window. */
export function AppShell({ children }: { children: ReactNode }) {
  const live = /^\/interview\/[^/]+\/?$/.test(usePathname());
  if (live)
    return (
      <>
        <Guard />
        <Unreachable />
        {children}
      </>
    );
  return (
    <div className="min-h-dvh lg:flex">
      <a href="#main" className="sr-only z-50 rounded-lg bg-raised px-4 py-2 font-semibold focus:not-sr-only focus:fixed focus:top-3 focus:left-3">
        Skip to the content
      </a>
      <Guard />
      <Sidebar />
      <div className="min-w-0 flex-1">
        <Unreachable />
        <TopBar />
        <main id="main" className="mx-auto grid w-full max-w-5xl gap-8 px-4 pt-6 pb-28 sm:px-6 lg:px-10 lg:pt-12 lg:pb-16">
          {children}
        </main>
      </div>
      <Navbar />
    </div>
  );
}
