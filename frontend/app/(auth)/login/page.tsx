import type { Metadata } from 'next';
import { SignIn } from '@/components/layout/SignIn';

export const metadata: Metadata = { title: 'Sign in' };

export default function LoginPage() {
  return <SignIn fresh={false} />;
}
