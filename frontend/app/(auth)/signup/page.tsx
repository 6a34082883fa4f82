import type { Metadata } from 'next';
import { SignIn } from '@/components/layout/SignIn';

export const metadata: Metadata = { title: 'Make an account' };

export default function SignupPage() {
  return <SignIn fresh />;
}
