import type { Metadata } from 'next';
import { Forgot } from '@/components/account/Forgot';

export const metadata: Metadata = { title: 'Forgotten password' };

export default function ForgotPage() {
  return <Forgot />;
}
