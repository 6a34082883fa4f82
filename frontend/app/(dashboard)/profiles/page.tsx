import type { Metadata } from 'next';
import { Profiles } from '@/components/profile/Profiles';

export const metadata: Metadata = { title: 'Profiles' };

export default function ProfilesPage() {
  return <Profiles />;
}
