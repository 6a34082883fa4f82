import type { Metadata } from 'next';
import { SetUp } from '@/components/interview/SetUp';
import { PageHeader } from '@/components/layout/PageHeader';

export const metadata: Metadata = { title: 'New interview' };

export default function InterviewPage() {
  return (
    <>
      <PageHeader title="New interview">Say who you are and what is heard, and you are live. How it listens can be changed while it runs.</PageHeader>
      <SetUp />
    </>
  );
}
