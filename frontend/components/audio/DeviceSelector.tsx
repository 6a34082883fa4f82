'use client';

import { Select } from '@/components/ui/field';
import { useMicrophones } from '@/hooks/useMicrophones';

export function DeviceSelector({ value, onChange }: { value: string | null; onChange: (deviceId: string | null) => void }) {
  const { devices, refresh } = useMicrophones();
  const known = devices.some((device) => device.deviceId === value);
  return (
    <Select
      label="Microphone"
      value={known ? value! : ''}
      onFocus={refresh}
      onChange={(event) => onChange(event.target.value || null)}
      hint={devices.length === 0 ? 'Names appear once the browser was allowed to use a microphone.' : undefined}
    >
      <option value="">The one the system uses</option>
      {devices
        .filter((device) => device.deviceId !== 'default')
        .map((device, n) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || `Microphone ${n + 1}`}
          </option>
        ))}
    </Select>
  );
}
