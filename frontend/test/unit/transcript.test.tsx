// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TranscriptDisplay } from '@/components/interview/TranscriptDisplay';
import type { Utterance } from '@/lib/live';

/** jsdom lays nothing out: every row is as high as a line. */
beforeEach(() => {
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} });
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(() => new DOMRect(0, 0, 300, 75));
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const line = (n: number, more: Partial<Utterance> = {}): Utterance => ({
  key: `kept/${n}`,
  speaker: 'interviewer',
  text: `Line ${n} of a long interview.`,
  heard: null,
  stable: 999,
  final: true,
  confidence: 0.9,
  latencyMs: null,
  turn: 'ended',
  question: false,
  kind: null,
  ...more,
});

it('holds of 20,000 lines those near the screen, and says how many there are', () => {
  const all = Array.from({ length: 20_000 }, (_, n) => line(n));
  const { rerender } = render(<TranscriptDisplay utterances={all} listening onAsk={() => undefined} />);
  const rows = screen.getAllByRole('listitem');
  expect(rows.length).toBeLessThan(100);
  expect(rows[0]!.getAttribute('aria-setsize')).toBe('20000');
  rerender(<TranscriptDisplay utterances={[...all, line(20_000, { text: 'And the last one.' })]} listening onAsk={() => undefined} />);
  expect(screen.getByText('Interviewer: And the last one.')).toBeTruthy(); // told to screen readers, wherever one has scrolled to
});

it('shows all of a few lines, so that the browser’s own search finds them', () => {
  render(<TranscriptDisplay utterances={[0, 1, 2].map((n) => line(n))} listening onAsk={() => undefined} />);
  expect(screen.getAllByRole('listitem')).toHaveLength(3);
});
