import type { Metadata } from 'next';
import { NewPassword } from '@/components/account/NewPassword';

export const metadata: Metadata = { title: 'Set a password', referrer: 'no-referrer' };

export default function ResetPage() {
  return <NewPassword />;
}
