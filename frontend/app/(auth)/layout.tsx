import type { ReactNode } from 'react';
import { Logo } from '@/components/layout/Logo';

export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <div className="grid min-h-dvh lg:grid-cols-2">
      <aside className="hidden flex-col justify-between bg-pine p-12 text-pine-ink lg:flex">
        <Logo className="[&_rect]:fill-pine-soft" />
        <div className="grid max-w-lg gap-8">
          <p className="font-serif text-[1.75rem] leading-snug text-pine-faint">“Tell me about a time a plan of yours failed.”</p>
          <div className="grid gap-2.5 border-l-3 border-[#63d9b1] pl-5">
            <p className="text-lg leading-snug font-medium">The first rehearsal failed, so I stopped the date and said why.</p>
            <p className="font-serif text-[17px] text-[#f3d98f]">“replication lag grew to 40 minutes under the month-end load”</p>
          </div>
          <p className="text-pine-faint">Each talking point shows the line of your own profile it comes from.</p>
        </div>
        <p className="text-sm text-pine-faint">Local and private by default.</p>
      </aside>
      <main className="mx-auto grid w-full max-w-md content-center gap-8 px-5 py-10">
        <Logo className="lg:hidden" />
        {children}
      </main>
    </div>
  );
}
