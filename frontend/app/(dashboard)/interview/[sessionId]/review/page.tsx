import type { Metadata } from 'next';
import { SessionSummary } from '@/components/session/SessionSummary';

export const metadata: Metadata = { title: 'Session' };
export const dynamicParams = false;

/** Exported once; interviewd serves it for every session id (the page reads the id from the address). */
export function generateStaticParams() {
  return [{ sessionId: 'placeholder' }];
}

export default function SessionPage() {
  return <SessionSummary />;
}
