import type { Browser } from 'playwright-core';
export const CHROMIUM: string | undefined;
export function startBrowser(options?: { microphone?: string; tab?: string }): Promise<Browser>;
