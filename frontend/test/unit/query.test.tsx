// @vitest-environment jsdom
import { act, render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { useQuery } from '@/lib/query';

/** A read that the test answers. */
function held() {
  const open = new Map<string, (text: string) => void>();
  const read = (key: string) => new Promise<string>((answer) => open.set(key, answer));
  return { open, read };
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

test('shows together what was read at the same time', async () => {
  const { open, read } = held();
  const seen: string[] = [];
  function Both() {
    const one = useQuery('/one', read).data;
    const two = useQuery('/two', read).data;
    const text = `${one ?? '-'} ${two ?? '-'}`;
    seen.push(text);
    return <p>{text}</p>;
  }
  render(<Both />);
  await act(async () => {
    open.get('/one')!('a');
    await pause(0);
    open.get('/two')!('b');
    await pause(0);
  });
  expect(screen.getByText('a b')).toBeTruthy();
  expect(new Set(seen)).toEqual(new Set(['- -', 'a b']));
});

test('does not wait long for an answer that is late', async () => {
  const { open, read } = held();
  function Both() {
    const quick = useQuery('/quick', read).data;
    useQuery('/never', read);
    return <p>{quick ?? '-'}</p>;
  }
  render(<Both />);
  await act(async () => {
    open.get('/quick')!('here');
    await pause(100);
  });
  expect(screen.getByText('here')).toBeTruthy();
});

test('reads nothing without a key, and forgets what it had shown', async () => {
  const { open, read } = held();
  function One({ at }: { at: string | null }) {
    return <p>{useQuery(at, read).data ?? 'nothing'}</p>;
  }
  const { rerender } = render(<One at="/mine" />);
  await act(async () => {
    open.get('/mine')!('private');
    await pause(100);
  });
  expect(screen.getByText('private')).toBeTruthy();
  rerender(<One at={null} />);
  expect(screen.getByText('nothing')).toBeTruthy();
});
