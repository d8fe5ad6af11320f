// Samples as callers hold them -> the model's uint8 input.
import { InputError } from '../errors.ts';
import type { Quantization } from '../graph/model.ts';
import { showShape, sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { quantize } from '../kernels/requantize.ts';
import type { InputDescription } from '../package/content.ts';

export interface SampleFormat {
  readonly shape: Shape;
  readonly quantization: Quantization;
  readonly description: Pick<InputDescription, 'layout' | 'mean' | 'deviation'>;
}

/**
 * Normalises and quantises `samples`, any number of them one after another, in the layout of the
 * description. Returns uint8 [n, height, width, channels]. Throws InputError for a length that is no
 * multiple of a sample, and for values that are not finite, naming sample and position.
 */
export function quantizeSamples(
  samples: ArrayLike<number>,
  { shape, quantization, description }: SampleFormat,
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
            `samples[${start / size}]: expected finite numbers, got ${value} at position ${offset}`,
          );
        }
        const scaled = Math.fround(Math.fround((value - mean) / deviation) / scale);
        quantized[start + p * channels + c] = quantize(scaled, zeroPoint, 0, 255);
      }
    }
  }
  return quantized;
}
