/**
 * Where the rows of a long list lie, of which only those near the screen are in the page. Heights are guessed until a row was measured.
 *
 *     const rows = new WindowRows(keys, (key) => 200);
 *     const { from, to } = rows.range(top, bottom);    // rows that touch this stretch
 *     rows.measure(key, 312);                          // how much the rows before `at` moved is offset(at) before and after
 */
export class WindowRows {
  private readonly heights = new Map<string, number>();
  private offsets: number[] | null = null;

  constructor(
    private keys: string[],
    private readonly guess: (at: number) => number,
  ) {}

  /** Other rows; those that were measured keep their height. */
  reset(keys: string[]): void {
    this.keys = keys;
    this.offsets = null;
  }

  get count(): number {
    return this.keys.length;
  }

  /** True: it is another height than before. */
  measure(key: string, height: number): boolean {
    if (this.heights.get(key) === height) return false;
    this.heights.set(key, height);
    this.offsets = null;
    return true;
  }

  /** Where row `at` begins; that of `count` is the end. */
  offset(at: number): number {
    this.offsets ??= this.keys.reduce<number[]>(
      (offsets, key, n) => {
        offsets.push(offsets[n]! + (this.heights.get(key) ?? this.guess(n)));
        return offsets;
      },
      [0],
    );
    return this.offsets[Math.max(0, Math.min(at, this.keys.length))]!;
  }

  /** The row at this height; of what lies outside, the first or the last. */
  at(offset: number): number {
    let [low, high] = [0, Math.max(0, this.keys.length - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.offset(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  range(top: number, bottom: number): { from: number; to: number } {
    return { from: this.at(top), to: Math.min(this.keys.length, this.at(bottom) + 1) };
  }
}
