import type { Metadata } from 'next';
import { PageHeader } from '@/components/layout/PageHeader';
import { ImportSession } from '@/components/session/ImportSession';
import { SessionHistory } from '@/components/session/SessionHistory';

export const metadata: Metadata = { title: 'History' };

export default function HistoryPage() {
  return (
    <>
      <PageHeader title="History" action={<ImportSession />}>
        Every question and answer of every session.
      </PageHeader>
      <SessionHistory />
    </>
  );
}
