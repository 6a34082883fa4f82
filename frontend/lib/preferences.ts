/**
 * What this browser remembers: how one listens and how the page looks. Nothing of it is private; it stays in this browser.
 */
import type { InputChoice, Speaker, TurnMode } from '@/types/audio';
import type { Theme } from '@/types/user';
import type { LiveInput } from './live-session';
import { Store } from './store';

export interface Preferences {
  input: InputChoice;
  deviceId: string | null;
  /** Of the server's machine; null: the usual one. */
  hostDevice: string | null;
  /** With `host`: the microphone is oneself. */
  hostMicrophone: boolean;
  /** Who speaks into the microphone when it is the only input. */
  micSpeaker: Speaker;
  mode: TurnMode;
  language: string;
  profileId: string | null;
  theme: Theme;
  /** How large what is read during an interview is, as a factor. */
  readingSize: number;
  /** Has held interviews: the home page is not the newcomer's any more. */
  returning: boolean;
}

export const READING_SIZES = { min: 0.75, max: 1.75, step: 0.125 };

const KEY = 'interview-assistant.preferences';
export const defaults: Preferences = {
  input: 'microphone',
  deviceId: null,
  hostDevice: null,
  hostMicrophone: false,
  micSpeaker: 'interviewer',
  mode: 'hands_free',
  language: 'en',
  profileId: null,
  theme: 'system',
  readingSize: 1,
  returning: false,
};

function load(): Preferences {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>) };
  } catch {
    return defaults;
  }
}

let store: Store<Preferences> | null = null;

/** Made at first use in the browser, so that the exported pages hold nobody's settings. */
export function preferences(): Store<Preferences> {
  return (store ??= new Store(load()));
}

export function setPreferences(change: Partial<Preferences>): void {
  const next = { ...preferences().get(), ...change };
  preferences().set(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // storage is forbidden: the choice lasts until the page is left
  }
}

/** The inputs a choice stands for. With both, the tab is the interviewer and the microphone oneself. */
export function inputsOf({ input, deviceId, micSpeaker, hostDevice, hostMicrophone }: Preferences): LiveInput[] {
  const own: LiveInput = { kind: 'microphone', speaker: 'candidate', deviceId };
  if (input === 'host') return [{ kind: 'host', speaker: 'interviewer', deviceId: hostDevice }, ...(hostMicrophone ? [own] : [])];
  const tab: LiveInput = { kind: 'tab', speaker: 'interviewer' };
  if (input === 'tab') return [tab];
  if (input === 'both') return [tab, own];
  return [{ kind: 'microphone', speaker: micSpeaker, deviceId }];
}

/** Put the theme on the document; `system` follows the machine. The same rule runs inline before the first paint (app/layout.tsx). */
export function applyTheme(theme: Theme): void {
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

/** What the home page goes by, before its first paint on the next visit and now. */
export function setReturning(returning: boolean): void {
  if (preferences().get().returning !== returning) setPreferences({ returning });
  document.documentElement.toggleAttribute('data-returning', returning);
}

/** Runs before the first paint: the theme, whether somebody comes back; and no form leaves the page by itself when its button is pressed before React is there. */
export const FIRST_SCRIPT = `try{var p=JSON.parse(localStorage.getItem(${JSON.stringify(KEY)})||"{}"),t=p.theme;document.documentElement.toggleAttribute("data-returning",p.returning===true)}catch(e){}document.documentElement.dataset.theme=t==="dark"||t!=="light"&&matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light";addEventListener("submit",function(e){e.preventDefault()},true)`;
