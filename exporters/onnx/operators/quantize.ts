// QuantizeLinear and DequantizeLinear. On constants they are computed; on signals they say at which
// scale the value beneath is kept. int8 becomes uint8 by adding 128 to value and zero point: exact.
import type { Quantization } from '#runtime';
import { FormatError, hiddenQuantization } from '#runtime';

import { roundHalfEven } from '../../quantize/round-half-even.ts';
import { sameQuantization } from '../draft.ts';
import { floatsOf } from '../numbers.ts';
import type { OperatorCall } from '../operator-call.ts';
import type { Tensor } from '../tensor.ts';
import { constant, signal } from '../value.ts';
import type { Constant, Signal, Value } from '../value.ts';
import { axisIndex } from '../view.ts';

export function quantizeLinear(call: OperatorCall): Value {
  const input = call.inputs[0] ?? null;
  if (input?.kind === 'constant') return quantizeConstant(call, input);
  const value = call.anySignal(0);
  if (value.encoding !== null) call.refuse('a float input', 'integers');
  const encoding = activationQuantization(call);
  if (value.softmax) return { ...value, encoding };
  if (value.tokens) call.refuse('numbers', 'token ids', 'Gather before it');
  const { draft } = value;
  if (draft.operation?.operator === 'recurrent') return hiddenEncoded(call, value, encoding);
  const { length } = value.stack;
  if (length > 1) call.refuse('one value', `${length} side by side`);
  draft.quantization ??= encoding;
  if (sameQuantization(draft.quantization, encoding)) return { ...value, encoding };
  // Another scale than the value has already: the change is a table of its own.
  const operation = {
    operator: 'lookup',
    attributes: { activation: 'clamp', parameters: [-Infinity, Infinity] },
  } as const;
  const rescaled = call.make(operation, [call.unpadded(value).draft], draft.shape);
  rescaled.quantization = encoding;
  return { ...signal(rescaled, value.view), encoding };
}

/** Hidden states have one quantization in all models (docs/numerics.md); the file's own is that to a rounding. */
function hiddenEncoded(call: OperatorCall, value: Signal, encoding: Quantization): Signal {
  const own = hiddenQuantization;
  for (const draft of value.stack) draft.quantization = own;
  if (!sameQuantization(own, encoding)) {
    call.state.notes.push(
      `${call.where}: hidden states are kept at scale 1/128 and zero point 128, the file has ${encoding.scale} and ${encoding.zeroPoint}`,
    );
  }
  return { ...value, encoding };
}

export function dequantizeLinear(call: OperatorCall): Value {
  const input = call.inputs[0] ?? null;
  if (input?.kind === 'constant') return dequantizeConstant(call, input);
  const value = call.anySignal(0);
  if (value.encoding === null) return call.refuse('integers made by QuantizeLinear', 'floats');
  if (!sameQuantization(value.encoding, activationQuantization(call))) {
    call.refuse('the scale and zero point its input was quantised with', 'others');
  }
  return { ...value, encoding: null };
}

function activationQuantization(call: OperatorCall): Quantization {
  const scales = floatsOf(call.constant(1).tensor);
  const zero = call.optionalConstant(2)?.tensor ?? null;
  const [scale] = scales;
  if (scales.length !== 1 || !(scale! > 0) || !Number.isFinite(scale)) {
    call.refuse(
      'one positive scale for all of an activation',
      scales.length === 1 ? `${scale}` : `${scales.length}`,
    );
  }
  const type = zero?.type ?? 'uint8';
  if (type !== 'uint8' && type !== 'int8') {
    call.refuse('uint8 or int8 activations', type, 'QuantizeLinear to uint8');
  }
  const zeroPoint = zero === null ? 0 : Number(zero.data[0] ?? 0);
  return { scale: scale!, zeroPoint: type === 'int8' ? zeroPoint + 128 : zeroPoint };
}

function dequantizeConstant(call: OperatorCall, { tensor }: Constant): Constant {
  const { type, dimensions, data } = tensor;
  if (type !== 'int8' && type !== 'uint8' && type !== 'int32') {
    return call.refuse('int8, uint8 or int32 constants', type);
  }
  const grid = constantGrid(call, tensor);
  call.allocate(2 * data.length);
  const integers = type === 'int32' ? new Int32Array(data.length) : new Int16Array(data.length);
  const real = new Float32Array(data.length);
  for (let i = 0; i < real.length; i++) {
    const position = grid.positionOf(i);
    integers[i] = Number(data[i]) - grid.zeroOf(position);
    real[i] = integers[i]! * grid.scaleOf(position);
  }
  return constant(
    { type: 'float32', dimensions, data: real },
    { integers, scales: grid.scales, axis: grid.axis },
  );
}

function quantizeConstant(call: OperatorCall, { tensor }: Constant): Constant {
  const values = floatsOf(tensor);
  const grid = constantGrid(call, tensor);
  const type = call.optionalConstant(2)?.tensor.type ?? 'uint8';
  if (type !== 'uint8' && type !== 'int8') return call.refuse('uint8 or int8', type);
  call.allocate(values.length);
  const data = type === 'int8' ? new Int8Array(values.length) : new Uint8Array(values.length);
  const low = type === 'int8' ? -128 : 0;
  for (let i = 0; i < data.length; i++) {
    const position = grid.positionOf(i);
    const scaled = Math.fround(values[i]! / grid.scaleOf(position));
    data[i] = Math.min(low + 255, Math.max(low, roundHalfEven(scaled) + grid.zeroOf(position)));
  }
  return constant({ type, dimensions: tensor.dimensions, data });
}

/** Scale and zero point of each element of a constant: one for all, or one per position on an axis. */
function constantGrid(call: OperatorCall, { dimensions }: Tensor) {
  const scales = floatsOf(call.constant(1).tensor);
  const zeros = call.optionalConstant(2)?.tensor.data ?? null;
  const axis = axisIndex(call.integer('axis', 1), dimensions.length) ?? 0;
  const isPerAxis = scales.length > 1;
  if (call.integer('block_size', 0) !== 0 || call.constant(1).tensor.dimensions.length > 1) {
    call.refuse('one scale, or one per channel', 'blocks of scales');
  }
  if ((isPerAxis && scales.length !== dimensions[axis]) || scales.length === 0) {
    throw new FormatError(
      `${call.where}: expected ${dimensions[axis]} scales, got ${scales.length}`,
    );
  }
  if (zeros !== null && zeros.length !== scales.length) {
    throw new FormatError(
      `${call.where}: expected ${scales.length} zero points, got ${zeros.length}`,
    );
  }
  const inner = dimensions.slice(axis + 1).reduce((size, next) => size * next, 1);
  return {
    scales,
    axis,
    positionOf: (index: number): number =>
      isPerAxis ? Math.floor(index / inner) % scales.length : 0,
    scaleOf: (position: number): number => scales[position]!,
    zeroOf: (position: number): number => Number(zeros?.[position] ?? 0),
  };
}
