// A WAV file as a sample: log-mel features where the package asks for them, else one channel of -1 to 1,
// the first values of it, zeros where it is too short.
import { InputError } from '#runtime';
import { logMel, logMelForm } from '#runtime/sound';

import { filterTaps } from './filter-taps.ts';
import { planesFirst } from './planes-first.ts';
import type { SampleForm } from './samples.ts';
import { decodeWav } from './wav.ts';

/** Values of one sample. Resampled only where the form names a rate and the file has another. */
export function soundSample(bytes: Buffer, form: SampleForm, where: string): Float32Array {
  return form.sound ? features(bytes, form, form.sound, where) : waveform(bytes, form, where);
}

function waveform(bytes: Buffer, form: SampleForm, where: string): Float32Array {
  const length = Math.max(...form.shape);
  if (form.shape.filter((dimension) => dimension !== 1).length > 1) {
    throw new InputError(
      `${where}: expected a package that takes a waveform, got one of shape [${form.shape.join(', ')}]; export it with --log-mel, or compute its features, and give .npz`,
    );
  }
  const { wave, sampleRate } = decodeWav(bytes, where);
  const sample = new Float32Array(length);
  const ratio = form.sampleRate === null ? 1 : sampleRate / form.sampleRate;
  sample.set(resampled(wave, ratio, length));
  return sample;
}

function features(
  bytes: Buffer,
  { shape, layout }: SampleForm,
  sound: NonNullable<SampleForm['sound']>,
  where: string,
): Float32Array {
  const { wave, sampleRate } = decodeWav(bytes, where);
  const values = logMel(logMelForm(sound, shape))(
    resampled(wave, sampleRate / sound.sampleRate, Infinity),
  );
  return layout === 'nchw' ? planesFirst(values, shape[2]) : values;
}

// By a triangle filter (filter-taps.ts), `most` values of it at most.
function resampled(wave: Float32Array, ratio: number, most: number): Float32Array {
  if (ratio === 1) return wave.subarray(0, most);
  const outputs = Math.min(most, Math.round(wave.length / ratio));
  const taps = filterTaps(0, Math.min(wave.length, outputs * ratio), outputs);
  return Float32Array.from(taps, ({ first, weights }) =>
    weights.reduce((sum, weight, tap) => sum + weight * (wave[first + tap] ?? 0), 0),
  );
}
