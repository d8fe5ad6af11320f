// The two linear maps of each direction of a recurrent layer, from ONNX's W, R and B. ONNX's order of the
// gates is ours.
import { cells, FormatError } from '#runtime';
import type { CellName } from '#runtime';

import type { DraftLayer } from './draft.ts';
import { layerParameters } from './layer-parameters.ts';
import { floatsOf } from './numbers.ts';
import type { OperatorCall } from './operator-call.ts';
import { constant } from './value.ts';
import type { Constant, ConstantQuantization } from './value.ts';

export interface RecurrentParameters {
  readonly hiddenSize: number;
  /** By direction: [rows, features] and [rows, hiddenSize], each with its own bias. */
  readonly layers: readonly { readonly layer: DraftLayer; readonly hiddenLayer: DraftLayer }[];
}

/** W [directions, rows, features], R [directions, rows, hidden], B [directions, 2 * rows] or none. */
export function recurrentParameters(
  call: OperatorCall,
  cell: CellName,
  { directions, features }: { readonly directions: number; readonly features: number },
): RecurrentParameters {
  const [inputWeights, hiddenWeights] = [call.constant(1), call.constant(2)];
  const bias = call.optionalConstant(3);
  const hiddenSize = hiddenWeights.tensor.dimensions[2] ?? 0;
  const rows = cells[cell].gates * hiddenSize;
  expectDimensions(call, inputWeights, [directions, rows, features]);
  expectDimensions(call, hiddenWeights, [directions, rows, hiddenSize]);
  if (bias !== null) expectDimensions(call, bias, [directions, 2 * rows]);
  if (hiddenSize < 1 || call.integer('hidden_size', hiddenSize) !== hiddenSize) {
    throw new FormatError(
      `${call.where}: expected hidden_size ${hiddenSize}, as R has it, got ${call.integer('hidden_size', 0)}`,
    );
  }
  const map = (weights: Constant, columns: number, direction: number, which: 0 | 1): DraftLayer =>
    layerParameters(
      call,
      directionOf(weights, directions, direction),
      { dimensions: [rows, columns], order: [0, 1], outputAxis: 0 },
      bias === null ? null : biasOf(bias, rows, 2 * direction + which),
    );
  return {
    hiddenSize,
    layers: Array.from({ length: directions }, (_, direction) => ({
      layer: map(inputWeights, features, direction, 0),
      hiddenLayer: map(hiddenWeights, hiddenSize, direction, 1),
    })),
  };
}

function expectDimensions(
  call: OperatorCall,
  { tensor }: Constant,
  expected: readonly number[],
): void {
  if (tensor.dimensions.join() === expected.join()) return;
  throw new FormatError(
    `${call.where}: expected [${expected.join(', ')}], got [${tensor.dimensions.join(', ')}]`,
  );
}

function directionOf(
  { tensor, quantized }: Constant,
  directions: number,
  direction: number,
): Constant {
  const [, rows, columns] = tensor.dimensions;
  const size = tensor.data.length / directions;
  const [from, to] = [direction * size, (direction + 1) * size];
  const data = floatsOf(tensor).subarray(from, to);
  return constant(
    { type: 'float32', dimensions: [rows!, columns!], data },
    quantized && {
      integers: quantized.integers.subarray(from, to),
      ...scalesOf(quantized, direction),
    },
  );
}

/** Scales along the rows are kept; one for each direction becomes one for all of it. */
function scalesOf(
  { scales, axis }: ConstantQuantization,
  direction: number,
): Pick<ConstantQuantization, 'scales' | 'axis'> {
  if (scales.length === 1 || axis > 0) return { scales, axis: Math.max(0, axis - 1) };
  return { scales: scales.subarray(direction, direction + 1), axis: 0 };
}

function biasOf({ tensor }: Constant, rows: number, index: number): Constant {
  const data = floatsOf(tensor).subarray(index * rows, (index + 1) * rows);
  return constant({ type: 'float32', dimensions: [rows], data });
}
