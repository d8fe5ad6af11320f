// A WAV file as a sample: one channel, -1 to 1, the first values of it, zeros where it is too short.
import { InputError } from '#runtime';

import { filterTaps } from './filter-taps.ts';
import type { SampleForm } from './samples.ts';
import { decodeWav } from './wav.ts';

/** Values of one sample. Resampled only where the form names a rate and the file has another. */
export function soundSample(bytes: Buffer, form: SampleForm, where: string): Float32Array {
  const length = Math.max(...form.shape);
  if (form.shape.filter((dimension) => dimension !== 1).length > 1) {
    throw new InputError(
      `${where}: expected a package that takes a waveform, got one of shape [${form.shape.join(', ')}]; compute its features, and give .npz`,
    );
  }
  const { wave, sampleRate } = decodeWav(bytes, where);
  const sample = new Float32Array(length);
  if (form.sampleRate === null || form.sampleRate === sampleRate) {
    sample.set(wave.subarray(0, length));
  } else {
    resample(wave, sampleRate / form.sampleRate, sample);
  }
  return sample;
}

// By a triangle filter (filter-taps.ts), as far as the wave or the sample goes.
function resample(wave: Float32Array, ratio: number, sample: Float32Array): void {
  const outputs = Math.min(sample.length, Math.round(wave.length / ratio));
  const taps = filterTaps(0, Math.min(wave.length, outputs * ratio), outputs);
  for (const [index, { first, weights }] of taps.entries()) {
    sample[index] = weights.reduce(
      (sum, weight, tap) => sum + weight * (wave[first + tap] ?? 0),
      0,
    );
  }
}
