'use client';

import { AppWindow, Mic, Monitor, Users } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { DeviceSelector } from '@/components/audio/DeviceSelector';
import { HearingNotice } from '@/components/audio/HearingNotice';
import { Segmented, Select } from '@/components/ui/field';
import { useHostDevices } from '@/hooks/useSession';
import { READING_SIZES, type Preferences } from '@/lib/preferences';
import { LANGUAGES } from '@/lib/utils';
import type { InputChoice, Speaker, TurnMode } from '@/types/audio';

interface Props {
  prefs: Preferences;
  onChange: (change: Partial<Preferences>) => void;
  /** Also how large the answer is read. */
  reading?: boolean;
}

const never = () => () => undefined;
/** Phones share no tab. Without HTTPS there is nothing to ask; then starting says so. */
const mayShare = () => !navigator.mediaDevices || 'getDisplayMedia' in navigator.mediaDevices;

/** What is listened to, who that is, and when a question counts as finished. */
export function ListeningSettings({ prefs, onChange, reading = false }: Props) {
  const devices = useHostDevices().data?.items ?? [];
  const shares = useSyncExternalStore(never, mayShare, () => true) || prefs.input === 'tab' || prefs.input === 'both';
  return (
    <div className="grid gap-5">
      <Segmented<InputChoice>
        label="Listen to"
        cards
        value={prefs.input}
        onChange={(input) => onChange({ input })}
        choices={[
          { value: 'microphone', label: 'Microphone', hint: 'Practice, or a phone on the table', icon: <Mic aria-hidden="true" /> },
          ...(shares
            ? [
                { value: 'tab' as const, label: 'Shared tab', hint: 'The call in another browser tab', icon: <AppWindow aria-hidden="true" /> },
                { value: 'both' as const, label: 'Both', hint: 'The call is the interviewer, the microphone is you', icon: <Users aria-hidden="true" /> },
              ]
            : []),
          ...(devices.length > 0 || prefs.input === 'host'
            ? [{ value: 'host' as const, label: 'This computer', hint: 'A call in any program: what it plays is the interviewer', icon: <Monitor aria-hidden="true" /> }]
            : []),
        ]}
      />
      {prefs.input === 'host' && (
        <>
          <Select
            label="What it plays"
            value={devices.some((d) => d.name === prefs.hostDevice) ? prefs.hostDevice! : ''}
            onChange={(event) => onChange({ hostDevice: event.target.value || null })}
            hint={devices.length === 0 ? 'The server finds no sound of its machine.' : 'The output that your meeting program plays on. The server hears it while you listen, and only then.'}
          >
            <option value="">The usual output</option>
            {devices.map((device) => (
              <option key={device.name} value={device.name}>
                {device.label}
              </option>
            ))}
          </Select>
          <label className="flex cursor-pointer items-center gap-3">
            <input type="checkbox" className="size-5 accent-accent" checked={prefs.hostMicrophone} onChange={(event) => onChange({ hostMicrophone: event.target.checked })} />
            The microphone is me
          </label>
        </>
      )}
      {(prefs.input === 'microphone' || prefs.input === 'both' || (prefs.input === 'host' && prefs.hostMicrophone)) && <DeviceSelector value={prefs.deviceId} onChange={(deviceId) => onChange({ deviceId })} />}
      {prefs.input === 'microphone' && (
        <Segmented<Speaker>
          label="The microphone hears"
          value={prefs.micSpeaker}
          onChange={(micSpeaker) => onChange({ micSpeaker })}
          choices={[
            { value: 'interviewer', label: 'The interviewer' },
            { value: 'candidate', label: 'Only me' },
          ]}
        />
      )}
      <Segmented<TurnMode>
        label="A question is finished"
        value={prefs.mode}
        onChange={(mode) => onChange({ mode })}
        choices={[
          { value: 'hands_free', label: 'When the voice stops' },
          {
            value: 'push_to_talk',
            label: (
              <>
                When I let go of <span className="pointer-coarse:hidden">Space</span>
                <span className="hidden pointer-coarse:inline">the button</span>
              </>
            ),
          },
        ]}
      />
      <Select label="Language" value={prefs.language} onChange={(event) => onChange({ language: event.target.value })}>
        {LANGUAGES.map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </Select>
      <HearingNotice language={prefs.language} />
      {reading && (
        <label className="grid gap-1.5 font-semibold">
          Size of the answer: {Math.round(prefs.readingSize * 100)} %
          <input
            type="range"
            {...READING_SIZES}
            value={prefs.readingSize}
            onChange={(event) => onChange({ readingSize: Number(event.target.value) })}
            className="min-h-11 accent-(--accent)"
          />
        </label>
      )}
    </div>
  );
}
