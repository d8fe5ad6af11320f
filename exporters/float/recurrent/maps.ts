import type { OperatorAttributes } from '#runtime';
import { rowsOf } from '#runtime';

import type { FloatParameters } from '../array.ts';

/** Views of a recurrent layer's arrays, which hold W [rows, features] with b, then U [rows, hidden] with c. */
export function floatMaps(
  { weights, bias }: FloatParameters,
  attributes: OperatorAttributes['recurrent'],
  features: number,
): { readonly input: FloatParameters; readonly hidden: FloatParameters } {
  const rows = rowsOf(attributes);
  return {
    input: { weights: weights.subarray(0, rows * features), bias: bias.subarray(0, rows) },
    hidden: { weights: weights.subarray(rows * features), bias: bias.subarray(rows) },
  };
}
