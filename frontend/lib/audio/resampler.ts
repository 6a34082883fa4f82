/**
 * Streaming resampler: polyphase, windowed sinc, for any pair of whole sample rates.
 *
 *     const r = new Resampler(48000, 16000);
 *     const out = r.push(block);        // Float32Array, whatever is ready
 *
 * The rates are reduced to L/M; phase p of L holds every L-th tap of one low-pass at the tighter Nyquist frequency
 * (Crochiere and Rabiner, "Multirate Digital Signal Processing", 1983, section 2.3). Window: Kaiser, beta 9 (about 90 dB).
 * Delay: half the filter, constant; `delay` tells it in output samples. Runs in the AudioWorklet: nothing here touches the DOM.
 */
const ZERO_CROSSINGS = 32; // on each side, at the lower of both rates: flat to 7 kHz, gone from 8.6 kHz on (16 kHz out)
const KAISER_BETA = 9;
const CUTOFF = 0.94; // of the lower Nyquist frequency

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Modified Bessel function of the first kind, order 0, by its power series (Abramowitz and Stegun 9.6.12). */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

export class Resampler {
  /** Delay of the filter, in output samples. */
  readonly delay: number;
  private readonly up: number;
  private readonly down: number;
  private readonly taps: number;
  private readonly phases: Float32Array[];
  private history: Float32Array;
  private position = 0; // of the next output, in steps of 1/up input sample, counted from the start of `history`

  constructor(inputRate: number, outputRate: number) {
    const divisor = gcd(inputRate, outputRate);
    this.up = outputRate / divisor;
    this.down = inputRate / divisor;
    const scale = Math.min(1, outputRate / inputRate) * CUTOFF; // cutoff against the input's Nyquist frequency
    const half = Math.ceil(ZERO_CROSSINGS / Math.min(1, outputRate / inputRate));
    this.taps = 2 * half;
    this.delay = (half * outputRate) / inputRate;
    this.phases = Array.from({ length: this.up }, (_, p) => this.designPhase(p, half, scale));
    this.history = new Float32Array(this.taps - 1);
  }

  private designPhase(phase: number, half: number, scale: number): Float32Array {
    const taps = new Float32Array(this.taps);
    const norm = besselI0(KAISER_BETA);
    let sum = 0;
    for (let i = 0; i < this.taps; i += 1) {
      const x = i - half + 1 - phase / this.up; // distance from the wanted instant, in input samples
      const edge = x / half;
      const window = Math.abs(edge) >= 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - edge * edge)) / norm;
      taps[i] = sinc(x * scale) * scale * window;
      sum += taps[i]!;
    }
    for (let i = 0; i < this.taps; i += 1) taps[i]! /= sum; // exactly 1 at 0 Hz in every phase
    return taps;
  }

  /** Take a block of input, give the output that is ready by then. */
  push(block: Float32Array): Float32Array {
    const input = new Float32Array(this.history.length + block.length);
    input.set(this.history);
    input.set(block, this.history.length);
    const last = input.length - this.taps; // the latest input sample at which all taps have data
    const count = Math.max(0, Math.floor(((last + 1) * this.up - 1 - this.position) / this.down) + 1);
    const out = new Float32Array(count);
    for (let n = 0; n < count; n += 1) {
      out[n] = this.convolve(input, Math.floor(this.position / this.up), this.phases[this.position % this.up]!);
      this.position += this.down;
    }
    const consumed = Math.min(Math.floor(this.position / this.up), input.length);
    this.history = input.slice(consumed);
    this.position -= consumed * this.up;
    return out;
  }

  private convolve(input: Float32Array, at: number, taps: Float32Array): number {
    let sum = 0;
    for (let i = 0; i < taps.length; i += 1) sum += input[at + i]! * taps[i]!;
    return sum;
  }
}

/** Float samples to 16 bit, clipped at full scale. */
export function toInt16(samples: Float32Array): Int16Array {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) {
    const x = samples[i]! < 0 ? samples[i]! * 32768 : samples[i]! * 32767;
    out[i] = Math.max(-32768, Math.min(32767, Math.round(x)));
  }
  return out;
}
