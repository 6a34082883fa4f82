import type { Metadata } from 'next';
import { PageHeader } from '@/components/layout/PageHeader';
import { Progress } from '@/components/session/Progress';

export const metadata: Metadata = { title: 'Progress' };

export default function ProgressPage() {
  return (
    <>
      <PageHeader title="Progress">How fast you speak, how surely, and what you are asked, from one interview to the next.</PageHeader>
      <Progress />
    </>
  );
}
