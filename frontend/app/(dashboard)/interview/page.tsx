import type { Metadata } from 'next';
import { SetUp } from '@/components/interview/SetUp';
import { PageHeader } from '@/components/layout/PageHeader';

export const metadata: Metadata = { title: 'New interview' };

export default function InterviewPage() {
  return (
    <>
      <PageHeader title="New interview">Two choices and you are live. Everything can be changed while it runs.</PageHeader>
      <SetUp />
    </>
  );
}
