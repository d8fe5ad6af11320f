import type { LookupParameters, OperatorAttributes, Quantization } from '#runtime';

import { activationOf } from '../float/activation.ts';
import { roundHalfEven } from './round-half-even.ts';

/** f and f' at the 256 inputs of quantization `input`. */
export function lookupParameters(
  attributes: OperatorAttributes['lookup'],
  input: Quantization,
  output: Quantization,
): LookupParameters {
  const { value, slope } = activationOf(attributes);
  const reals = Float64Array.from({ length: 256 }, (_, x) => input.scale * (x - input.zeroPoint));
  return {
    table: Uint8Array.from(reals, (x) => {
      const y = roundHalfEven(value(x) / output.scale) + output.zeroPoint;
      return Math.max(0, Math.min(255, y));
    }),
    slope: Float32Array.from(reals, slope),
  };
}
