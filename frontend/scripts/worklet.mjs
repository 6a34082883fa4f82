// Bundles the AudioWorklet (lib/audio/worklet.ts with the resampler) into public/audio/capture.js, one classic module without imports.
import { rolldown } from 'rolldown';

export async function buildWorklet() {
  const bundle = await rolldown({ input: new URL('../lib/audio/worklet.ts', import.meta.url).pathname });
  await bundle.write({ file: new URL('../public/audio/capture.js', import.meta.url).pathname, format: 'iife', minify: true });
  await bundle.close();
}

if (process.argv[1] === new URL(import.meta.url).pathname) await buildWorklet();
