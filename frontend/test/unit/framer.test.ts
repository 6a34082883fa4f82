import { describe, expect, it } from 'vitest';
import { Framer } from '@/lib/audio/framer';
import type { CaptureFrame } from '@/types/audio';

describe('Framer', () => {
  it('cuts blocks of any size into frames of one size, keeping every sample in order', () => {
    const frames: CaptureFrame[] = [];
    const framer = new Framer(640, (frame) => frames.push(frame));
    let n = 0;
    for (const size of [1, 100, 43, 2000, 640, 56]) framer.push(Float32Array.from({ length: size }, () => (n += 1) / 32767));
    expect(frames.map((f) => f.pcm.length)).toEqual([640, 640, 640, 640]);
    expect(frames.flatMap((f) => [...f.pcm])).toEqual(Array.from({ length: 2560 }, (_, i) => i + 1));
  });

  it('measures each frame on its own', () => {
    const frames: CaptureFrame[] = [];
    const framer = new Framer(4, (frame) => frames.push(frame));
    framer.push(Float32Array.from([0.5, -0.5, 0.5, -0.5, 0, 0, 0, 0]));
    expect(frames.map((f) => [f.peak, f.rms])).toEqual([
      [0.5, 0.5],
      [0, 0],
    ]);
  });
});
