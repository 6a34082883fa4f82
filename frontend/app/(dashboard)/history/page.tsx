import { ChartLine } from 'lucide-react';
import type { Metadata } from 'next';
import { buttonClass } from '@/components/ui/button';
import { Link } from '@/components/ui/link';
import { PageHeader } from '@/components/layout/PageHeader';
import { ImportSession } from '@/components/session/ImportSession';
import { SessionHistory } from '@/components/session/SessionHistory';

export const metadata: Metadata = { title: 'History' };

export default function HistoryPage() {
  return (
    <>
      <PageHeader
        title="History"
        action={
          <>
            <Link href="/progress/" className={buttonClass('secondary')}>
              <ChartLine aria-hidden="true" />
              Progress
            </Link>
            <ImportSession />
          </>
        }
      >
        Every question and answer of every session.
      </PageHeader>
      <SessionHistory />
    </>
  );
}
