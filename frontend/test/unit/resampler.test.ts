import { describe, expect, it } from 'vitest';
import { Resampler, toInt16 } from '@/lib/audio/resampler';

/** One second of a sine through the resampler in worklet-sized blocks. */
function through(inputRate: number, hertz: number, block = 128, outputRate = 16000): Float32Array {
  const resampler = new Resampler(inputRate, outputRate);
  const out: number[] = [];
  for (let from = 0; from < inputRate; from += block) {
    const samples = Float32Array.from({ length: Math.min(block, inputRate - from) }, (_, n) => Math.sin((2 * Math.PI * hertz * (from + n)) / inputRate));
    out.push(...resampler.push(samples));
  }
  return Float32Array.from(out);
}

/** Level of the middle of a signal against a full sine, in dB. */
function level(samples: Float32Array): number {
  const middle = samples.slice(2000, -2000);
  const energy = middle.reduce((sum, x) => sum + x * x, 0) / middle.length;
  return 10 * Math.log10(energy / 0.5 + 1e-20);
}

describe('Resampler', () => {
  for (const rate of [44100, 48000, 96000]) {
    it(`keeps 100 Hz to 7 kHz within 0.1 dB from ${rate} Hz`, () => {
      for (const hertz of [100, 440, 1000, 3000, 5000, 6500, 7000]) expect(Math.abs(level(through(rate, hertz)))).toBeLessThan(0.1);
    });

    it(`takes away by 70 dB what would alias from ${rate} Hz`, () => {
      for (const hertz of [8600, 9000, 10000, 12000, 15900, 20000]) expect(level(through(rate, hertz))).toBeLessThan(-70);
    });

    it(`gives a second of output for a second of ${rate} Hz input`, () => {
      const { length } = through(rate, 440);
      expect(length).toBeGreaterThan(16000 - 60);
      expect(length).toBeLessThanOrEqual(16000);
    });
  }

  it('gives the same samples whatever the block size', () => {
    const whole = through(44100, 1000, 44100);
    for (const block of [1, 37, 128, 4096]) {
      const cut = through(44100, 1000, block);
      expect(cut.length).toBe(whole.length);
      expect(Math.max(...cut.map((x, n) => Math.abs(x - whole[n]!)))).toBeLessThan(1e-6);
    }
  });

  it('raises a lower rate too', () => {
    expect(Math.abs(level(through(8000, 1000)))).toBeLessThan(0.1);
    expect(through(8000, 1000).length).toBeGreaterThan(15800);
  });

  it('passes a constant unchanged', () => {
    const resampler = new Resampler(44100, 16000);
    const out = resampler.push(new Float32Array(4410).fill(0.5));
    for (const x of out.slice(100)) expect(x).toBeCloseTo(0.5, 4);
  });
});

describe('toInt16', () => {
  it('reaches both ends and clips beyond them', () => {
    expect([...toInt16(Float32Array.from([0, 1, -1, 2, -2]))]).toEqual([0, 32767, -32768, 32767, -32768]);
  });
});
