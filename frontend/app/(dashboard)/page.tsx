import { Mic } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { PageHeader } from '@/components/layout/PageHeader';
import { Readiness } from '@/components/session/Readiness';
import { RecentSessions } from '@/components/session/SessionHistory';
import { TryQuestion } from '@/components/session/TryQuestion';
import { buttonClass } from '@/components/ui/button';

/** A newcomer is told what this is and may try it; who comes back sees their interviews first (`returning`, lib/preferences.ts). */
export default function HomePage() {
  return (
    <>
      <PageHeader
        title={
          <>
            <span className="returning:hidden">The answer, before the pause gets awkward.</span>
            <span className="hidden returning:inline">Welcome back.</span>
          </>
        }
        action={
          <Link href="/interview/" className={buttonClass('primary', 'lg')}>
            <Mic aria-hidden="true" />
            Start an interview
          </Link>
        }
      >
        <span className="returning:hidden">It listens along and answers from your own profile, quoting the line behind every point.</span>
        <span className="hidden returning:inline">Go on where you were, or begin the next one.</span>
      </PageHeader>
      <div className="grid items-start gap-x-6 gap-y-8 lg:grid-cols-[3fr_2fr]">
        <div className="min-w-0 returning:order-3 returning:lg:col-span-2">
          <TryQuestion />
        </div>
        <div className="min-w-0 returning:order-2">
          <Readiness />
        </div>
        <div className="min-w-0 lg:col-span-2 returning:order-1 returning:lg:col-span-1">
          <RecentSessions />
        </div>
      </div>
    </>
  );
}
