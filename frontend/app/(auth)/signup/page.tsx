import type { Metadata } from 'next';
import { SignUp } from '@/components/account/SignUp';

export const metadata: Metadata = { title: 'Make an account', referrer: 'no-referrer' };

export default function SignupPage() {
  return <SignUp />;
}
