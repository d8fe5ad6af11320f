// Constants that are repeated or chosen from, as files do for initial states: the batch, whose size is not
// known, is kept as 1, since what is repeated along it is the same for every sample.
import { FormatError } from '#runtime';

import { elementArray } from './element-type.ts';
import type { ElementType } from './element-type.ts';
import { floatsOf } from './numbers.ts';
import type { OperatorCall } from './operator-call.ts';
import type { Tensor } from './tensor.ts';
import { constant } from './value.ts';
import type { Constant } from './value.ts';
import { axisIndex, batchSize } from './view.ts';

/** Sizes as numbers, that of the batch as 1. */
export function withoutBatch(sizes: readonly bigint[]): number[] {
  return sizes.map((size) => (size === batchSize ? 1 : Number(size)));
}

export function expand(call: OperatorCall): Constant {
  const { tensor } = call.constant(0);
  const target = withoutBatch(call.integerInput(1) ?? []);
  const rank = Math.max(target.length, tensor.dimensions.length);
  const own = leftPadded(tensor.dimensions, rank);
  const dimensions = leftPadded(target, rank).map((size, axis) => Math.max(size, own[axis]!));
  if (own.some((size, axis) => size !== 1 && size !== dimensions[axis])) {
    throw new FormatError(
      `${call.where}: expected a shape that [${tensor.dimensions.join(', ')}] repeats to, got [${target.join(', ')}]`,
    );
  }
  const size = call.allocate(dimensions.reduce((total, next) => total * next, 1));
  const floats = floatsOf(tensor);
  const data = new Float32Array(size).map((_, index) => floats[source(index, own, dimensions)]!);
  if (tensor.type !== 'float32') return call.refuse('float32', tensor.type);
  return constant({ type: 'float32', dimensions, data });
}

function leftPadded(dimensions: readonly number[], rank: number): number[] {
  return [...Array.from({ length: rank - dimensions.length }, () => 1), ...dimensions];
}

/** Where the element of the expanded array stands in the original one. */
function source(index: number, own: readonly number[], dimensions: readonly number[]): number {
  let rest = index;
  let stride = 1;
  let position = 0;
  for (let axis = dimensions.length - 1; axis >= 0; axis--) {
    if (own[axis]! > 1) position += (rest % dimensions[axis]!) * stride;
    rest = Math.floor(rest / dimensions[axis]!);
    stride *= own[axis]!;
  }
  return position;
}

/** Rows [start, end) of the first axis, or all of another. */
export function sliceRows(call: OperatorCall): Constant {
  const { tensor } = call.constant(0);
  const { dimensions, type } = tensor;
  const read = (index: number, name: string): readonly number[] | null =>
    call.integerInput(index)?.map(Number) ?? call.integers(name);
  const [starts, ends] = [read(1, 'starts') ?? [], read(2, 'ends') ?? []];
  const axes = read(3, 'axes') ?? [...starts.keys()];
  let [from, to] = [0, dimensions[0]!];
  for (const [i, start] of starts.entries()) {
    const axis = axisIndex(axes[i] ?? i, dimensions.length) ?? 0;
    const size = dimensions[axis]!;
    const within = (at: number): number => Math.max(0, Math.min(size, at < 0 ? at + size : at));
    const [first, end] = [within(start), within(ends[i] ?? size)];
    if (axis === 0) [from, to] = [first, end];
    else if (first !== 0 || end !== size) call.refuse('rows of the first axis', `others`);
  }
  if ((call.integerInput(4) ?? []).some((step) => step !== 1n)) call.refuse('steps of 1', 'others');
  if (to <= from || type !== 'float32') return call.refuse('some rows of float32', 'others');
  const row = tensor.data.length / dimensions[0]!;
  const data = floatsOf(tensor).subarray(from * row, to * row);
  return constant({ type, dimensions: [to - from, ...dimensions.slice(1)], data });
}

export function equal(call: OperatorCall): Constant {
  const [a, b] = [call.constant(0).tensor, call.constant(1).tensor];
  const { dimensions, at, size } = paired(call, [a, b]);
  const data = new Uint8Array(size).map((_, i) => (at(a, i) === at(b, i) ? 1 : 0));
  return constant({ type: 'bool', dimensions, data });
}

export function where(call: OperatorCall): Constant {
  const [condition, a, b] = [0, 1, 2].map((index) => call.constant(index).tensor);
  const { dimensions, at, size } = paired(call, [a!, b!, condition!]);
  if (a!.type !== b!.type) call.refuse('two constants of one type', `${a!.type} and ${b!.type}`);
  const data = elementArray<ElementType>(a!.type, call.allocate(size));
  for (let i = 0; i < size; i++) data[i] = at(Number(at(condition!, i)) === 0 ? b! : a!, i);
  return constant({ type: a!.type, dimensions, data });
}

/** Constants of one shape, or of one number, element by element. */
function paired(
  call: OperatorCall,
  tensors: readonly Tensor[],
): {
  readonly dimensions: readonly number[];
  readonly size: number;
  readonly at: (tensor: Tensor, index: number) => number | bigint;
} {
  const [largest] = tensors.toSorted((a, b) => b.data.length - a.data.length);
  const { dimensions, data } = largest!;
  if (
    tensors.some((each) => each.data.length !== 1 && each.dimensions.join() !== dimensions.join())
  ) {
    call.refuse('constants of one shape, or one number', 'others');
  }
  return {
    dimensions,
    size: data.length,
    at: (tensor, index) => tensor.data[tensor.data.length === 1 ? 0 : index]!,
  };
}
