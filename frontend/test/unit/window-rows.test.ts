import { describe, expect, it } from 'vitest';
import { WindowRows } from '@/lib/window-rows';

const keys = (count: number) => Array.from({ length: count }, (_, n) => `k${n}`);

describe('the rows of a long list', () => {
  it('lie behind each other, as high as they are or are guessed', () => {
    const rows = new WindowRows(keys(4), (at) => 100 + at);
    expect([0, 1, 2, 4].map((at) => rows.offset(at))).toEqual([0, 100, 201, 406]);
    expect(rows.measure('k1', 50)).toBe(true);
    expect(rows.measure('k1', 50)).toBe(false);
    expect(rows.offset(4)).toBe(355);
    expect(rows.offset(99)).toBe(355);
  });

  it('are those that touch a stretch of the screen', () => {
    const rows = new WindowRows(keys(100), () => 10);
    expect(rows.range(0, 30)).toEqual({ from: 0, to: 4 });
    expect(rows.range(255, 299)).toEqual({ from: 25, to: 30 });
    expect(rows.range(-500, -400)).toEqual({ from: 0, to: 1 });
    expect(rows.range(5000, 6000)).toEqual({ from: 99, to: 100 });
    expect(new WindowRows([], () => 10).range(0, 100)).toEqual({ from: 0, to: 0 });
  });

  it('keep the height they were measured with when others come', () => {
    const rows = new WindowRows(keys(2), () => 10);
    rows.measure('k1', 70);
    rows.reset(['new', ...keys(2)]);
    expect([rows.offset(2), rows.offset(3), rows.count]).toEqual([20, 90, 3]);
  });
});
