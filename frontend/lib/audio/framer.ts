/**
 * Cuts a stream of samples of any block size into frames of one size, and measures each.
 */
import type { CaptureFrame } from '../../types/audio';
import { toInt16 } from './resampler';

export const SAMPLE_RATE = 16000;
export const FRAME_SAMPLES = 640; // 40 ms

export class Framer {
  private readonly frame: Float32Array;
  private filled = 0;

  constructor(
    size: number,
    private readonly emit: (frame: CaptureFrame) => void,
  ) {
    this.frame = new Float32Array(size);
  }

  push(samples: Float32Array): void {
    let from = 0;
    while (from < samples.length) {
      const n = Math.min(this.frame.length - this.filled, samples.length - from);
      this.frame.set(samples.subarray(from, from + n), this.filled);
      this.filled += n;
      from += n;
      if (this.filled === this.frame.length) this.flush();
    }
  }

  private flush(): void {
    let peak = 0;
    let energy = 0;
    for (const x of this.frame) {
      peak = Math.max(peak, Math.abs(x));
      energy += x * x;
    }
    this.filled = 0;
    this.emit({ pcm: toInt16(this.frame), peak: Math.min(1, peak), rms: Math.sqrt(energy / this.frame.length) });
  }
}
