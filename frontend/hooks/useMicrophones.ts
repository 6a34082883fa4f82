'use client';

import { useCallback, useEffect, useState } from 'react';
import { listMicrophones } from '@/lib/audio/capture';

/** The microphones there are, kept up to date while one is plugged in or out. `refresh` after permission was given: names appear then. */
export function useMicrophones() {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  const refresh = useCallback(() => void listMicrophones().then(setDevices, () => setDevices([])), []);
  useEffect(() => {
    refresh();
    navigator.mediaDevices?.addEventListener('devicechange', refresh);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', refresh);
  }, [refresh]);
  return { devices, refresh };
}
