// Samples as callers hold them -> the model's uint8 input.
import { InputError } from '../errors.ts';
import type { Quantization } from '../graph/model.ts';
import { showShape, sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { quantize } from '../kernels/requantize.ts';
import type { InputDescription } from '../package/content.ts';
import type { SplitExamples } from './examples.ts';

export interface SampleFormat {
  readonly shape: Shape;
  readonly quantization: Quantization;
  readonly description: Pick<InputDescription, 'layout' | 'mean' | 'deviation'>;
}

/**
 * Normalises and quantises `samples`, any number of them one after another, in the layout of the
 * description. Returns uint8 [n, height, width, channels]. Throws InputError for a length that is no
 * multiple of a sample, and for values that are not finite, naming sample (counted from `first`) and position.
 */
export function quantizeSamples(
  samples: ArrayLike<number>,
  { shape, quantization, description }: SampleFormat,
  first = 0,
): Uint8Array<ArrayBuffer> {
  const size = sizeOf(shape);
  if (samples.length === 0 || samples.length % size !== 0) {
    throw new InputError(
      `samples: expected a multiple of ${size} values (${showShape(shape)}, ${description.layout}), got ${samples.length}`,
    );
  }
  const channels = shape[2];
  const positions = shape[0] * shape[1];
  const channelStride = description.layout === 'nhwc' ? 1 : positions;
  const positionStride = description.layout === 'nhwc' ? channels : 1;
  const { scale, zeroPoint } = quantization;
  const quantized = new Uint8Array(samples.length);
  for (let start = 0; start < samples.length; start += size) {
    for (let c = 0; c < channels; c++) {
      const mean = description.mean[c] ?? 0;
      const deviation = description.deviation[c] ?? 1;
      for (let p = 0; p < positions; p++) {
        const offset = c * channelStride + p * positionStride;
        const value = samples[start + offset]!;
        if (!Number.isFinite(value)) {
          throw new InputError(
            `samples[${first + start / size}]: expected finite numbers, got ${value} at position ${offset}`,
          );
        }
        const scaled = Math.fround(Math.fround((value - mean) / deviation) / scale);
        quantized[start + p * channels + c] = quantize(scaled, zeroPoint, 0, 255);
      }
    }
  }
  return quantized;
}

/** The same of samples one after another, or of one array each; with `areSequences`, these may have fewer steps than the model. */
export function quantizeAll(
  samples: ArrayLike<number> | readonly ArrayLike<number>[],
  format: SampleFormat,
  areSequences: boolean,
): Pick<SplitExamples, 'padding'> & { readonly samples: Uint8Array<ArrayBuffer> } {
  if (samples.length === 0 || typeof samples[0] === 'number') {
    return { samples: quantizeSamples(samples as ArrayLike<number>, format) };
  }
  const { shape, quantization } = format;
  const size = sizeOf(shape);
  const [steps, ...features] = shape;
  const list = samples as readonly ArrayLike<number>[];
  // A window over time reads 0 before a sample's first step.
  const quantized = new Uint8Array(list.length * size).fill(quantization.zeroPoint);
  const padding = list.map((sample, index) => {
    const own = (sample.length * steps) / size;
    const fits = areSequences && Number.isInteger(own) && own >= 1 && own <= steps;
    if (sample.length !== size && !fits) {
      const expected = areSequences ? `1 to ${steps} steps of ${size / steps}` : size;
      throw new InputError(`samples[${index}]: expected ${expected} values, got ${sample.length}`);
    }
    const bytes = quantizeSamples(sample, { ...format, shape: [own, ...features] }, index);
    quantized.set(bytes, (index + 1) * size - bytes.length);
    return steps - own;
  });
  return { samples: quantized, ...(padding.some((each) => each > 0) && { padding }) };
}
