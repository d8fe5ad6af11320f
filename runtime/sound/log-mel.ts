// Sound as a sequence: how strong each band of frequencies is from frame to frame, in decibels below the
// strongest of the recording, so that distance and volume matter little.
//
//   energy[t, b] = sum over bins of filter[b, bin] * |DFT(hann * frame t)|^2
//   y[t, b] = 10 log10(max(energy[t, b] / max energy, 10^(-decibels / 10)))
//
// The same bits on every engine: basic-math.ts. exporters/pytorch/log_mel.py is the same for training.
import { InputError } from '../errors.ts';
import { circle, log10 } from './basic-math.ts';
import { melFilters } from './mel-filters.ts';
import { powerSpectrum } from './power-spectrum.ts';

/** Below the floor of every form; a logarithm needs something above 0. */
const weakest = 1e-20;

export interface LogMelForm {
  /** In hertz. */
  readonly sampleRate: number;
  /** Samples of a frame, a power of two, 4 to 65536. */
  readonly frameLength: number;
  /** Samples from one frame's start to the next one's. */
  readonly hop: number;
  readonly frames: number;
  readonly bands: number;
  /** In hertz, at most half the sample rate. */
  readonly lowest: number;
  readonly highest: number;
  /** What is weaker than this below the strongest value is raised to it. */
  readonly decibels: number;
}

/**
 * A function from sound at `sampleRate`, any length and scale, to float32 [frames, bands] from -decibels to 0.
 * The last frame ends where the sound ends: a longer one loses its start, before a shorter one there is silence.
 * Throws InputError for a form with a band that no bin falls into, and for sound that is not finite.
 */
export function logMel(form: LogMelForm): (wave: ArrayLike<number>) => Float32Array<ArrayBuffer> {
  checkForm(form);
  const { sampleRate, frameLength, hop, frames, bands, lowest, highest, decibels } = form;
  const bins = { bins: frameLength / 2 + 1, binWidth: sampleRate / frameLength };
  const filters = melFilters(bands, [lowest, highest], bins);
  const empty = filters.findIndex(({ weights }) => !weights.some((weight) => weight > 0));
  if (empty >= 0) {
    throw new InputError(
      `log-mel: expected a frequency in each of ${bands} bands, got none in band ${empty}; take fewer bands or longer frames`,
    );
  }
  const hann = circle(frameLength).cos.map((cosine) => 0.5 - 0.5 * cosine);
  const power = powerSpectrum(frameLength);
  const frame = new Float64Array(frameLength);
  return (wave) => {
    const energy = new Float64Array(frames * bands);
    let largest = 1e-10;
    for (let t = 0; t < frames; t++) {
      const start = wave.length - frameLength - (frames - 1 - t) * hop;
      for (let index = 0; index < frameLength; index++) {
        frame[index] = start + index < 0 ? 0 : hann[index]! * wave[start + index]!;
      }
      const spectrum = power(frame);
      for (const [band, { first, weights }] of filters.entries()) {
        let sum = 0;
        for (let bin = 0; bin < weights.length; bin++)
          sum += weights[bin]! * spectrum[first + bin]!;
        if (!Number.isFinite(sum)) {
          throw new InputError(`log-mel: expected finite sound, got ${sum} in frame ${t}`);
        }
        energy[t * bands + band] = sum;
        largest = Math.max(largest, sum);
      }
    }
    return Float32Array.from(energy, (value) => {
      const ratio = value / largest;
      return ratio > weakest ? Math.max(-decibels, 10 * log10(ratio)) : -decibels;
    });
  };
}

function checkForm({ sampleRate, frameLength, hop, frames, bands, ...rest }: LogMelForm): void {
  const { lowest, highest, decibels } = rest;
  const isPowerOfTwo = Number.isInteger(frameLength) && (frameLength & (frameLength - 1)) === 0;
  if (!isPowerOfTwo || frameLength < 4 || frameLength > 65_536) {
    throw new InputError(
      `log-mel: expected a frame length that is a power of two from 4 to 65536, got ${frameLength}`,
    );
  }
  for (const [name, value] of Object.entries({ hop, frames, bands })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new InputError(`log-mel: expected ${name} to be a whole number above 0, got ${value}`);
    }
  }
  if (!(lowest >= 0 && lowest < highest && highest <= sampleRate / 2)) {
    throw new InputError(
      `log-mel: expected frequencies between 0 and half the sample rate of ${sampleRate} Hz, got ${lowest} to ${highest}`,
    );
  }
  if (!(decibels > 0 && decibels <= 200)) {
    throw new InputError(`log-mel: expected decibels above 0 and at most 200, got ${decibels}`);
  }
}
