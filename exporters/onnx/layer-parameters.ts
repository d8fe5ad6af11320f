// Weights and biases of ONNX, arranged as ours.
import { FormatError } from '#runtime';

import type { DraftLayer } from './draft.ts';
import { floatsOf } from './numbers.ts';
import type { OperatorCall } from './operator-call.ts';
import { transposeData } from './transpose-data.ts';
import type { Constant } from './value.ts';

export interface WeightArrangement {
  /** The constant's dimensions, with an axis of several parts split into them. */
  readonly dimensions: readonly number[];
  /** Which of them go where; the first is the output channels. */
  readonly order: readonly number[];
  /** The output channels' axis in the constant as the file has it. */
  readonly outputAxis: number;
}

export function layerParameters(
  call: OperatorCall,
  weights: Constant,
  { dimensions, order, outputAxis }: WeightArrangement,
  bias: Constant | null,
): DraftLayer {
  const outputs = dimensions[order[0]!]!;
  const floats = floatsOf(weights.tensor);
  call.allocate(3 * floats.length + 2 * outputs);
  if (floats.length === 0) {
    throw new FormatError(`${call.where}: expected weights, got none`);
  }
  const scales = outputScales(weights, outputs, outputAxis);
  const integers = weights.quantized?.integers;
  return {
    weights: transposeData(floats, dimensions, order),
    quantized:
      scales !== null && integers instanceof Int16Array
        ? { weights: transposeData(integers, dimensions, order), scales }
        : null,
    ...biasParameters(call, bias, outputs),
    isAffine: false,
  };
}

function outputScales(weights: Constant, outputs: number, axis: number): Float32Array | null {
  if (weights.quantized === null) return null;
  const { scales, axis: scaleAxis } = weights.quantized;
  if (scales.length === 1) return new Float32Array(outputs).fill(scales[0]!);
  return scaleAxis === axis ? scales.slice() : null;
}

function biasParameters(
  call: OperatorCall,
  bias: Constant | null,
  outputs: number,
): Pick<DraftLayer, 'bias' | 'quantizedBias'> {
  if (bias === null) {
    return { bias: new Float32Array(outputs), quantizedBias: null };
  }
  const { length } = bias.tensor.data;
  if (length !== outputs && length !== 1) {
    call.refuse(`a bias of ${outputs} numbers`, `${length}`);
  }
  const spread = (values: Float32Array): Float32Array => {
    return values.length === 1 ? new Float32Array(outputs).fill(values[0]!) : values.slice();
  };
  const { quantized } = bias;
  const integers = quantized?.integers;
  return {
    bias: spread(floatsOf(bias.tensor)),
    quantizedBias:
      integers instanceof Int32Array && length === outputs
        ? { bias: integers, scales: spread(quantized!.scales) }
        : null,
  };
}
