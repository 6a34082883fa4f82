/**
 * The AudioWorklet processor: whatever the device gives (any rate, any number of channels) becomes 16 kHz mono frames of 40 ms, posted
 * to the page. Bundled into public/audio/capture.js by scripts/worklet.mjs.
 */
import { FRAME_SAMPLES, Framer, SAMPLE_RATE } from './framer';
import { Resampler } from './resampler';

// The worklet's global scope; TypeScript's DOM library does not have it.
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

function toMono(channels: Float32Array[]): Float32Array {
  const first = channels[0]!;
  if (channels.length === 1) return first;
  const mono = new Float32Array(first.length);
  for (const channel of channels) for (let i = 0; i < mono.length; i += 1) mono[i]! += channel[i]! / channels.length;
  return mono;
}

class CaptureProcessor extends AudioWorkletProcessor {
  private readonly resampler = sampleRate === SAMPLE_RATE ? null : new Resampler(sampleRate, SAMPLE_RATE);
  private readonly framer = new Framer(FRAME_SAMPLES, (frame) => this.port.postMessage(frame, [frame.pcm.buffer]));

  process(inputs: Float32Array[][]): boolean {
    const channels = inputs[0];
    if (channels && channels.length > 0) {
      const mono = toMono(channels);
      this.framer.push(this.resampler ? this.resampler.push(mono) : mono);
    }
    return true;
  }
}

registerProcessor('capture', CaptureProcessor);
