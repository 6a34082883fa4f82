import { Mic } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { PageHeader } from '@/components/layout/PageHeader';
import { Readiness } from '@/components/session/Readiness';
import { RecentSessions } from '@/components/session/SessionHistory';
import { TryQuestion } from '@/components/session/TryQuestion';
import { buttonClass } from '@/components/ui/button';

export default function HomePage() {
  return (
    <>
      <PageHeader
        title="The answer, before the pause gets awkward."
        action={
          <Link href="/interview/" className={buttonClass('primary', 'lg')}>
            <Mic aria-hidden="true" />
            Start an interview
          </Link>
        }
      >
        It listens along and answers from your own profile, quoting the line behind every point.
      </PageHeader>
      <div className="grid items-start gap-6 lg:grid-cols-[3fr_2fr]">
        <TryQuestion />
        <Readiness />
      </div>
      <RecentSessions />
    </>
  );
}
