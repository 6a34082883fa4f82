'use client';

import { Fragment, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type ReactNode, type Ref } from 'react';
import { WindowRows } from '@/lib/window-rows';

const AROUND = 900; // rendered above and below the screen [px]
const ALL = 40; // so few rows are all there: the browser's own search and a printer find them
const SETTLED_MS = 120;
const SETTLE_TRIES = 10;

export interface WindowedHandle {
  /** Brings a row under the top of the screen, and the focus into it unless it is to stay where it is. */
  show: (at: number, focus?: boolean) => void;
}

interface Props<T> {
  items: T[];
  keyOf: (item: T) => string;
  /** How high it will be, about [px]. */
  guess: (item: T) => number;
  render: (item: T, at: number) => ReactNode;
  /** Between the top of the screen and a row that is shown [px]. */
  margin?: number;
  label: string;
  ref?: Ref<WindowedHandle>;
  /** The element around it scrolls, and not the page. */
  framed?: boolean;
  className?: string;
  /** After rows came or went. */
  onRange?: () => void;
}

/** The element that scrolls, and where its top lies on the screen. */
function frameOf(list: HTMLElement, framed: boolean): { frame: Element; edge: number; height: number } {
  const frame = framed ? list.parentElement! : document.scrollingElement!;
  return { frame, edge: framed ? frame.getBoundingClientRect().top : 0, height: framed ? frame.clientHeight : innerHeight };
}

/** A list of which only what is near the screen is there: 300 answers cost as much as ten. */
export function Windowed<T>({ items, keyOf, guess, render, margin = 0, label, ref, framed = false, className, onRange }: Props<T>) {
  const box = useRef<HTMLOListElement>(null);
  const rows = useRef<WindowRows | null>(null);
  const latest = useRef({ items, guess });
  const target = useRef<{ at: number } | null>(null);
  const [range, setRange] = useState({ from: 0, to: Math.min(items.length, 8), before: 0, after: 0 });

  const look = useCallback(() => {
    const list = box.current;
    const all = rows.current;
    if (!list || !all) return;
    const { edge, height } = frameOf(list, framed);
    const top = edge - list.getBoundingClientRect().top;
    const { from, to } = all.count <= ALL ? { from: 0, to: all.count } : all.range(top - AROUND, top + height + AROUND);
    const next = { from, to, before: all.offset(from), after: all.offset(all.count) - all.offset(to) };
    setRange((old) => (old.from === next.from && old.to === next.to && old.before === next.before && old.after === next.after ? old : next));
  }, [framed]);

  useLayoutEffect(() => {
    latest.current = { items, guess };
    const keys = items.map(keyOf);
    rows.current ??= new WindowRows(keys, (at) => latest.current.guess(latest.current.items[at]!));
    rows.current.reset(keys);
    look();
    // keyOf says the same of the same items
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [items, look]);

  useEffect(() => {
    const moves: EventTarget = (framed && box.current?.parentElement) || window;
    moves.addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      moves.removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [look, framed]);

  const goTo = useCallback(
    (at: number) => {
      const list = box.current;
      if (!list || !rows.current) return;
      const { frame, edge } = frameOf(list, framed);
      frame.scrollTop += list.getBoundingClientRect().top - edge + rows.current.offset(at) - margin;
      look();
    },
    [look, margin, framed],
  );

  /** What was guessed is known now: whatever lies above the screen and changes its height must not move what is on it. */
  const measure = useCallback(() => {
    const list = box.current;
    const all = rows.current;
    if (!list || !all) return;
    const { frame, edge } = frameOf(list, framed);
    const top = edge - list.getBoundingClientRect().top;
    const first = all.at(Math.max(0, top));
    const was = all.offset(first);
    let changed = false;
    for (const row of list.children) {
      const { key } = (row as HTMLElement).dataset;
      if (key) changed = all.measure(key, row.getBoundingClientRect().height) || changed;
    }
    if (!changed) return;
    const moved = all.offset(first) - was;
    if (target.current === null && top > 0 && moved !== 0) frame.scrollTop += moved;
    if (target.current !== null) goTo(target.current.at);
    look();
  }, [goTo, look, framed]);

  useLayoutEffect(() => {
    measure();
    onRange?.();
  });

  useEffect(() => {
    // what a row holds may come later (a renderer of markup), and the page may get narrower
    const list = box.current;
    if (!list) return;
    const observer = new ResizeObserver(measure);
    for (const row of list.children) observer.observe(row);
    return () => observer.disconnect();
  }, [measure, range]);

  useImperativeHandle(
    ref,
    () => ({
      show: (at, focus = true) => {
        const place = { at };
        target.current = place;
        goTo(at);
        // Rows on the way were only guessed: once they are measured, it is gone to once more. A busy machine draws the row later.
        const settle = (tries: number) =>
          setTimeout(() => {
            if (target.current !== place) return;
            goTo(at);
            const row = box.current?.querySelector<HTMLElement>(`[data-at="${at}"]`);
            if (!row && tries > 1) {
              settle(tries - 1);
              return;
            }
            if (focus) row?.focus({ preventScroll: true });
            target.current = null;
          }, SETTLED_MS);
        settle(SETTLE_TRIES);
      },
    }),
    [goTo],
  );

  return (
    <ol ref={box} aria-label={label} className={className} style={{ paddingTop: range.before, paddingBottom: range.after, overflowAnchor: 'none' }}>
      {items.slice(range.from, range.to).map((item, n) => (
        <Fragment key={keyOf(item)}>{render(item, range.from + n)}</Fragment>
      ))}
    </ol>
  );
}

/** One row of it: what it is known by, its place, and its part of the whole for a screen reader. */
export function rowProps(key: string, at: number, of: number) {
  return { 'data-key': key, 'data-at': at, 'aria-setsize': of, 'aria-posinset': at + 1, tabIndex: -1 };
}
