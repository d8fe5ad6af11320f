// Samples as callers hold them -> the model's uint8 input.
import { InputError } from '../errors.ts';
import type { Quantization } from '../graph/model.ts';
import { showShape, sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import type { InputDescription } from '../package/content.ts';

export interface SampleFormat {
  readonly shape: Shape;
  readonly quantization: Quantization;
  readonly description: InputDescription;
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
        const real = Math.fround((value - mean) / deviation);
        quantized[start + p * channels + c] = quantizeValue(real, quantization);
      }
    }
  }
  return quantized;
}

// rne(real / scale) + zeroPoint, as ONNX QuantizeLinear.
function quantizeValue(real: number, { scale, zeroPoint }: Quantization): number {
  const scaled = Math.fround(real / scale);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const roundsUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return Math.min(255, Math.max(0, floor + (roundsUp ? 1 : 0) + zeroPoint));
}
