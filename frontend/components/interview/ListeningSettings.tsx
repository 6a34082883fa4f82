'use client';

import { AppWindow, Mic, Users } from 'lucide-react';
import { DeviceSelector } from '@/components/audio/DeviceSelector';
import { HearingNotice } from '@/components/audio/HearingNotice';
import { Segmented, Select } from '@/components/ui/field';
import type { Preferences } from '@/lib/preferences';
import { LANGUAGES } from '@/lib/utils';
import type { InputChoice, Speaker, TurnMode } from '@/types/audio';

interface Props {
  prefs: Preferences;
  onChange: (change: Partial<Preferences>) => void;
}

/** What is listened to, who that is, and when a question counts as finished. */
export function ListeningSettings({ prefs, onChange }: Props) {
  return (
    <div className="grid gap-5">
      <Segmented<InputChoice>
        label="Listen to"
        cards
        value={prefs.input}
        onChange={(input) => onChange({ input })}
        choices={[
          { value: 'microphone', label: 'Microphone', hint: 'Practice, or a phone on the table', icon: <Mic aria-hidden="true" /> },
          { value: 'tab', label: 'Shared tab', hint: 'The call in another browser tab', icon: <AppWindow aria-hidden="true" /> },
          { value: 'both', label: 'Both', hint: 'The call is the interviewer, the microphone is you', icon: <Users aria-hidden="true" /> },
        ]}
      />
      {prefs.input !== 'tab' && <DeviceSelector value={prefs.deviceId} onChange={(deviceId) => onChange({ deviceId })} />}
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
          { value: 'push_to_talk', label: 'When I let go of Space' },
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
    </div>
  );
}
