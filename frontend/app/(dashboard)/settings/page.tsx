import type { Metadata } from 'next';
import { PageHeader } from '@/components/layout/PageHeader';
import { Settings } from '@/components/layout/Settings';

export const metadata: Metadata = { title: 'Settings' };

export default function SettingsPage() {
  return (
    <>
      <PageHeader title="Settings" />
      <Settings />
    </>
  );
}
