/**
 * The last seconds of audio, addressed by absolute sample number, so that what a dropped connection swallowed can be sent again.
 *
 *     ring.push(frame);                 // end grows; beyond the capacity the oldest samples go
 *     ring.ack(position);               // nothing before this will be asked for again
 *     ring.read(from, count);           // a copy, clipped to what is there
 */
export class PcmRing {
  private readonly store: Int16Array;
  private first = 0;
  private next = 0;

  constructor(readonly capacity: number) {
    this.store = new Int16Array(capacity);
  }

  /** Absolute number of the oldest sample kept. */
  get start(): number {
    return this.first;
  }

  /** Absolute number after the newest sample. */
  get end(): number {
    return this.next;
  }

  push(frame: Int16Array): void {
    const kept = frame.length > this.capacity ? frame.subarray(frame.length - this.capacity) : frame;
    this.next += frame.length - kept.length;
    const at = this.next % this.capacity;
    const head = Math.min(kept.length, this.capacity - at);
    this.store.set(kept.subarray(0, head), at);
    this.store.set(kept.subarray(head), 0);
    this.next += kept.length;
    this.first = Math.max(this.first, this.next - this.capacity);
  }

  ack(position: number): void {
    this.first = Math.max(this.first, Math.min(position, this.next));
  }

  read(from: number, count: number): Int16Array {
    const begin = Math.max(from, this.first);
    const n = Math.max(0, Math.min(from + count, this.next) - begin);
    const out = new Int16Array(n);
    const at = begin % this.capacity;
    const head = Math.min(n, this.capacity - at);
    out.set(this.store.subarray(at, at + head), 0);
    out.set(this.store.subarray(0, n - head), head);
    return out;
  }
}
