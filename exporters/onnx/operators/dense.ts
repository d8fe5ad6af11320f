// Gemm and MatMul with constant weights.
import { FormatError } from '#runtime';

import { pointwise } from '../affine.ts';
import { layerParameters } from '../layer-parameters.ts';
import type { OperatorCall } from '../operator-call.ts';
import { partSizes, signal } from '../value.ts';
import type { Constant, Signal } from '../value.ts';
import { batchPart } from '../view.ts';

// Y = alpha A B + beta C
export function gemm(call: OperatorCall): Signal {
  const input = call.signal(0);
  if (call.integer('transA', 0) !== 0) call.refuse('transA 0', '1');
  const draft = multiply(call, input, {
    isTransposed: call.integer('transB', 0) !== 0,
    bias: call.optionalConstant(2),
  });
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)];
  const { layer } = draft.draft;
  if (alpha !== 1) {
    layer!.weights = layer!.weights.map((weight) => weight * alpha);
    if (layer!.quantized)
      layer!.quantized.scales = layer!.quantized.scales.map((scale) => scale * alpha);
  }
  if (beta !== 1) {
    layer!.bias = layer!.bias.map((value) => value * beta);
    layer!.quantizedBias = null;
  }
  return draft;
}

export function matMul(call: OperatorCall): Signal {
  return multiply(call, call.signal(0), { isTransposed: false, bias: null });
}

interface Product {
  readonly isTransposed: boolean;
  readonly bias: Constant | null;
}

/** Over the last axis: all of a sample makes a dense, the channels at each position a 1x1 convolution. */
function multiply(call: OperatorCall, input: Signal, { isTransposed, bias }: Product): Signal {
  const weights = call.constant(1);
  const { draft, view } = input;
  const features = view.at(-1)!;
  const sizes = partSizes(draft.shape);
  const inputs = features.reduce((size, part) => size * (sizes.get(part) ?? 0), 1);
  const [rows, columns] = weights.tensor.dimensions;
  const outputs = isTransposed ? rows : columns;
  if (weights.tensor.dimensions.length !== 2 || (isTransposed ? columns : rows) !== inputs) {
    throw new FormatError(
      `${call.where}: expected weights for ${inputs} inputs, got [${weights.tensor.dimensions.join(', ')}]`,
    );
  }
  const others = view.slice(0, -1);
  if (!others.some((axis) => axis.join() === batchPart)) {
    call.refuse('the batch on an axis of its own', 'another layout');
  }
  const split = features.map((part) => sizes.get(part)!);
  const sourceAxes = features.map((_, index) => index + (isTransposed ? 1 : 0));
  const ordered = ['h', 'w', 'c'].flatMap((part) =>
    features.includes(part) ? [sourceAxes[features.indexOf(part)]!] : [],
  );
  const layer = layerParameters(
    call,
    weights,
    {
      dimensions: isTransposed ? [outputs!, ...split] : [...split, outputs!],
      order: [isTransposed ? 0 : split.length, ...ordered],
      outputAxis: isTransposed ? 0 : 1,
    },
    bias,
  );
  const { shape } = draft;
  const isWholeSample = inputs === shape[0] * shape[1] * shape[2];
  if (isWholeSample) {
    const attributes = { outputChannels: outputs!, clamp: null };
    const made = call.make({ operator: 'dense', attributes }, [draft], [1, 1, outputs!], layer);
    return signal(made, [...others, outputs === 1 ? [] : ['c']]);
  }
  if (inputs !== shape[2] || (features.join() !== 'c' && inputs !== 1)) {
    call.refuse(
      'a product over all of a sample or over its channels',
      'another axis',
      'Flatten before Gemm',
    );
  }
  const attributes = { window: pointwise, outputChannels: outputs!, groups: 1, clamp: null };
  const made = call.make(
    { operator: 'conv', attributes },
    [draft],
    [shape[0], shape[1], outputs!],
    layer,
  );
  return signal(made, [...others, outputs === 1 ? [] : ['c']]);
}
