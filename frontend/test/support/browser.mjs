// Starts Debian's Chromium for a test, with a recording as its microphone when one is given; `tab` is the title of the tab that its picker
// for sharing chooses by itself.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export function startBrowser({ microphone, tab } = {}) {
  return chromium.launch({
    executablePath: CHROMIUM,
    ignoreDefaultArgs: tab ? ['--mute-audio'] : [], // a muted browser has muted tabs
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      // a fake answer to the permission for the microphone would answer the picker too, with the whole screen, which has no sound
      ...(tab ? [`--auto-select-tab-capture-source-by-title=${tab}`] : ['--use-fake-ui-for-media-stream']),
      '--use-fake-device-for-media-stream',
      ...(microphone ? [`--use-file-for-fake-audio-capture=${microphone}%noloop`] : []),
    ],
  });
}
