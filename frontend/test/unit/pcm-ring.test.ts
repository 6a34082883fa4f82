import { describe, expect, it } from 'vitest';
import { PcmRing } from '@/lib/pcm-ring';

const run = (from: number, to: number) => Int16Array.from({ length: to - from }, (_, n) => from + n);

describe('PcmRing', () => {
  it('reads back what was pushed, by absolute position', () => {
    const ring = new PcmRing(100);
    ring.push(run(0, 30));
    ring.push(run(30, 70));
    expect([...ring.read(20, 30)]).toEqual([...run(20, 50)]);
    expect([ring.start, ring.end]).toEqual([0, 70]);
  });

  it('keeps the newest samples when it is full', () => {
    const ring = new PcmRing(100);
    for (let n = 0; n < 300; n += 30) ring.push(run(n, n + 30));
    expect([ring.start, ring.end]).toEqual([200, 300]);
    expect([...ring.read(0, 1000)]).toEqual([...run(200, 300)]);
  });

  it('takes a piece larger than itself', () => {
    const ring = new PcmRing(10);
    ring.push(run(0, 3));
    ring.push(run(3, 40));
    expect([...ring.read(ring.start, 10)]).toEqual([...run(30, 40)]);
  });

  it('forgets what was acknowledged and nothing else', () => {
    const ring = new PcmRing(100);
    ring.push(run(0, 50));
    ring.ack(20);
    ring.ack(10);
    expect(ring.start).toBe(20);
    ring.ack(99);
    expect([ring.start, ring.end]).toEqual([50, 50]);
    expect(ring.read(0, 100).length).toBe(0);
  });
});
