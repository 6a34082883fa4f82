'use client';

import { Dialog } from '@/components/ui/dialog';
import type { Preferences } from '@/lib/preferences';
import { ListeningSettings } from './ListeningSettings';
import { Shortcuts } from './Shortcuts';

export type Panel = 'settings' | 'keys' | 'closed';

/** What the live screen opens over itself; loaded when somebody does so first. */
export function Panels({ open, prefs, onChange, onClose }: { open: Panel; prefs: Preferences; onChange: (change: Partial<Preferences>) => void; onClose: () => void }) {
  return (
    <>
      <Dialog open={open === 'keys'} title="Keyboard" onClose={onClose}>
        <Shortcuts />
      </Dialog>
      <Dialog open={open === 'settings'} title="How it listens and reads" onClose={onClose}>
        <ListeningSettings prefs={prefs} onChange={onChange} reading />
      </Dialog>
    </>
  );
}
