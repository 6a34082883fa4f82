// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { describe as say } from '@/components/interview/LiveStatus';
import { Timer } from '@/components/interview/Timer';
import { toast, Toaster } from '@/components/ui/toast';
import type { ListeningState } from '@/lib/live-session';

const on: ListeningState = { phase: 'on', muted: false, talking: false, labels: [], lostMs: 0, link: 'open', ended: null, ailing: null, taken: false };

describe('what the pill says', () => {
  it.each([
    [{}, 'Listening', 'live'],
    [{ ailing: { kind: 'microphone', what: 'suspended' } }, 'The browser holds the sound back: click anywhere', 'warn'],
    [{ ailing: { kind: 'microphone', what: 'gone' } }, 'The microphone is unplugged: plug one in', 'warn'],
    [{ ailing: { kind: 'microphone', what: 'stalled' } }, 'The microphone stands still: opening it again', 'warn'],
    [{ ailing: { kind: 'microphone', what: 'silent' } }, 'Only silence: is the microphone switched off?', 'warn'],
    [{ ailing: { kind: 'tab', what: 'silent' } }, 'The shared tab is silent', 'plain'],
    [{ muted: true, ailing: { kind: 'microphone', what: 'silent' } }, 'Muted: nothing is heard', 'plain'],
    [{ ended: 'tab' }, 'Only the microphone is heard', 'warn'],
    [{ link: 'waiting', ailing: { kind: 'microphone', what: 'silent' } }, 'Reconnecting; nothing is lost for 30 s', 'warn'],
  ] as [Partial<ListeningState>, string, string][])('%o: %s', (state, text, tone) => {
    expect(say({ ...on, ...state })).toEqual({ text, tone });
  });

  it('says that another page listens, and not that nothing does', () => {
    expect(say({ ...on, phase: 'off', taken: true }, true, true)).toEqual({ text: 'Another page listens', tone: 'live' });
    expect(say({ ...on, phase: 'off' }, true, false).text).toBe('Not listening');
  });
});

describe('messages', () => {
  afterEach(() => {
    cleanup();
    vi.useRealTimers();
  });

  it('do not pile up: the same one stands once, and never more than two', () => {
    vi.useFakeTimers();
    render(<Toaster />);
    const shown = () => screen.queryAllByText(/./).filter((e) => e.tagName === 'P').map((e) => e.textContent);
    act(() => ['One', 'Two', 'Two', 'Three', 'Three'].forEach((text) => toast(text)));
    expect(shown()).toEqual(['Two', 'Three']);
    act(() => void vi.advanceTimersByTime(4000));
    act(() => toast('Three'));
    act(() => void vi.advanceTimersByTime(2000));
    expect(shown()).toEqual(['Three']);
    act(() => void vi.advanceTimersByTime(4000));
    expect(shown()).toEqual([]);
  });
});

describe('the time of an interview', () => {
  it('goes on from what it was, stands while nobody listens, and then goes on from there', () => {
    vi.useFakeTimers();
    const { rerender } = render(<Timer from={61} running={false} />);
    const shows = () => screen.getByRole('timer').textContent;
    act(() => void vi.advanceTimersByTime(5000));
    expect(shows()).toBe('1:01');
    rerender(<Timer from={61} running />);
    act(() => void vi.advanceTimersByTime(10_000));
    expect(shows()).toBe('1:11');
    rerender(<Timer from={61} running={false} />);
    act(() => void vi.advanceTimersByTime(60_000));
    rerender(<Timer from={61} running />);
    act(() => void vi.advanceTimersByTime(1000));
    expect(shows()).toBe('1:12');
    vi.useRealTimers();
  });
});
