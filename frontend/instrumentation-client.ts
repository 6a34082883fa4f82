/**
 * Runs in the browser before React takes over: Next's own hook for that.
 *
 * It begins to sign in, so that the server's answer is there when the first component asks. And it makes the start several short tasks
 * instead of one long one: React and Next's router are evaluated one after the other, with the browser free for a finger in between, and
 * then Next hydrates.
 */
import { startAuth } from '@/lib/auth';

void startAuth();

/* eslint-disable @typescript-eslint/no-require-imports -- these are in the first chunks already; import() would only load them anew */
const parts = [() => require('react-dom/client'), () => require('next/link')];
for (const evaluate of parts) setTimeout(evaluate);
// What stands in this list of Next's ("beforeInteractive") runs before it hydrates. An empty inline script does nothing, and Next comes back
// from it by a timer, so after those above.
((globalThis as { __next_s?: unknown[] }).__next_s ??= []).push(['', { children: '' }]);
