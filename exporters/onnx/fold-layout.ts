// Reshape, Transpose and their like on constants: weights, and the scales they were dequantised with.
import { FormatError } from '#runtime';

import type { OperatorCall } from './operator-call.ts';
import { axesOf } from './operators/layout.ts';
import { transposeData } from './transpose-data.ts';
import { constant } from './value.ts';
import type { Constant } from './value.ts';
import { axisIndex } from './view.ts';

/** The same elements with other dimensions; scales stay where their axis does, or where there is one for all. */
function reshaped(call: OperatorCall, input: Constant, dimensions: readonly number[]): Constant {
  const { tensor, quantized } = input;
  const size = dimensions.reduce((total, next) => total * next, 1);
  if (size !== tensor.data.length) {
    throw new FormatError(
      `${call.where}: expected a shape of ${tensor.data.length} elements, got ${size}`,
    );
  }
  const axis = quantized && sameAxis(tensor.dimensions, dimensions, quantized.axis);
  const keepsScales = quantized?.scales.length === 1 || (axis !== null && axis >= 0);
  return constant(
    { ...tensor, dimensions },
    keepsScales ? { ...quantized!, axis: Math.max(0, axis!) } : null,
  );
}

/** The axis that runs over the same elements, or -1. */
function sameAxis(from: readonly number[], to: readonly number[], axis: number): number {
  return to.findIndex(
    (size, at) => size === from[axis] && innerSize(to, at) === innerSize(from, axis),
  );
}

function innerSize(dimensions: readonly number[], axis: number): number {
  return dimensions.slice(axis + 1).reduce((total, size) => total * size, 1);
}

export function reshape(call: OperatorCall): Constant {
  const input = call.constant(0);
  const target = (call.integerInput(1) ?? []).map(Number);
  const copied = target.map((size, axis) =>
    size === 0 ? (input.tensor.dimensions[axis] ?? 0) : size,
  );
  const known = copied.reduce((total, size) => (size === -1 ? total : total * size), 1);
  const rest = input.tensor.data.length / known;
  return reshaped(
    call,
    input,
    copied.map((size) => (size === -1 ? rest : size)),
  );
}

export function flatten(call: OperatorCall): Constant {
  const input = call.constant(0);
  const { dimensions, data } = input.tensor;
  const axis = axisIndex(call.integer('axis', 1), dimensions.length + 1) ?? 0;
  const rows = dimensions.slice(0, axis).reduce((total, size) => total * size, 1);
  return reshaped(call, input, [rows, data.length / Math.max(1, rows)]);
}

export function squeeze(call: OperatorCall): Constant {
  const input = call.constant(0);
  const { dimensions } = input.tensor;
  const axes = axesOf(call)?.map((axis) => axisIndex(axis, dimensions.length));
  const kept = dimensions.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1));
  return reshaped(call, input, kept);
}

export function unsqueeze(call: OperatorCall): Constant {
  const input = call.constant(0);
  const added = axesOf(call) ?? [];
  const rank = input.tensor.dimensions.length + added.length;
  const axes = new Set(added.map((axis) => axisIndex(axis, rank)));
  const rest = input.tensor.dimensions.values();
  const dimensions = Array.from({ length: rank }, (_, axis) =>
    axes.has(axis) ? 1 : (rest.next().value ?? 1),
  );
  return reshaped(call, input, dimensions);
}

export function transpose(call: OperatorCall): Constant {
  const { tensor, quantized } = call.constant(0);
  const { dimensions, data } = tensor;
  const order = call.integers('perm') ?? [...dimensions.keys()].toReversed();
  if (
    new Set(order).size !== dimensions.length ||
    order.some((axis) => dimensions[axis] === undefined)
  ) {
    throw new FormatError(
      `${call.where}: expected an order of ${dimensions.length} axes, got [${order.join(', ')}]`,
    );
  }
  if (!(data instanceof Float32Array)) return call.refuse('float32', tensor.type);
  call.allocate(2 * data.length);
  return constant(
    {
      ...tensor,
      dimensions: order.map((axis) => dimensions[axis]!),
      data: transposeData(data, dimensions, order),
    },
    quantized && {
      integers: transposeData(quantized.integers, dimensions, order),
      scales: quantized.scales,
      axis: order.indexOf(quantized.axis),
    },
  );
}
