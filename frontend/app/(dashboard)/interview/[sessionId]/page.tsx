import type { Metadata } from 'next';
import { LiveScreen } from '@/components/interview/LiveScreen';

export const metadata: Metadata = { title: 'Live' };
export const dynamicParams = false;

/** Exported once; interviewd serves it for every session id (the page reads the id from the address). */
export function generateStaticParams() {
  return [{ sessionId: 'placeholder' }];
}

export default function LivePage() {
  return <LiveScreen />;
}
