// Operators whose inputs are all constants: computed while importing, as far as exporters leave
// such operators in their files (shapes for Reshape; weights that are reshaped or transposed).
import { FormatError } from '#runtime';

import { elementArray, elementTypeFromCode } from './element-type.ts';
import type { ElementArray, ElementType } from './element-type.ts';
import { elementwise } from './fold-arithmetic.ts';
import { equal, expand, sliceRows, where, withoutBatch } from './fold-broadcast.ts';
import { flatten, reshape, squeeze, transpose, unsqueeze } from './fold-layout.ts';
import { floatsOf } from './numbers.ts';
import type { OperatorCall } from './operator-call.ts';
import { constant } from './value.ts';
import type { Constant } from './value.ts';
import { batchSize } from './view.ts';

type Fold = (call: OperatorCall) => Constant;

/** Shapes and axes are short; anything longer is not what these are for. */
const longestVector = 4096;

function constantNode(call: OperatorCall): Constant {
  const tensor = call.tensor('value');
  if (tensor !== null) return constant(tensor);
  const floats =
    call.node.attributes.get('value_float') ?? call.node.attributes.get('value_floats');
  if (typeof floats === 'object' && 'float' in floats) {
    return constant({ type: 'float32', dimensions: [], data: Float32Array.of(floats.float) });
  }
  if (typeof floats === 'object' && 'floats' in floats) {
    const data = Float32Array.from(floats.floats);
    return constant({ type: 'float32', dimensions: [data.length], data });
  }
  const integers = call.integers('value_ints');
  if (integers !== null) return vector(integers.map(BigInt));
  if (!call.node.attributes.has('value_int')) call.refuse('a constant of numbers', 'another');
  const data = BigInt64Array.of(BigInt(call.integer('value_int', 0)));
  return constant({ type: 'int64', dimensions: [], data });
}

function vector(values: readonly bigint[]): Constant {
  return constant({ type: 'int64', dimensions: [values.length], data: BigInt64Array.from(values) });
}

function cast(call: OperatorCall): Constant {
  const input = call.constant(0);
  const { data, dimensions, type: from } = input.tensor;
  const type = elementTypeFromCode(call.integer('to', 0));
  if (type === null || type === 'float16')
    return call.refuse('a cast to a plain number type', `${type}`);
  if (type === from) return input;
  if (from === 'float16' && type !== 'float32') call.refuse('a cast of float16 to float32', type);
  if (data instanceof BigInt64Array && data.includes(batchSize)) {
    if (type !== 'float32' && type !== 'double') call.refuse('a batch size kept as int64', type);
  }
  call.allocate(data.length);
  return constant({ type, dimensions, data: converted(input, type) });
}

function converted({ tensor }: Constant, type: Exclude<ElementType, 'float16'>): ElementArray {
  const numbers = tensor.type === 'float16' ? floatsOf(tensor) : tensor.data;
  const result = elementArray<ElementType>(type, numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const value = Number(numbers[i]);
    if (type === 'bool') result[i] = value === 0 ? 0 : 1;
    else if (typeof result[i] === 'bigint')
      result[i] = BigInt(Number.isFinite(value) ? Math.trunc(value) : 0);
    else result[i] = value;
  }
  return result;
}

function gather(call: OperatorCall): Constant {
  const values = shortVector(call, 0);
  const indices = call.integerInput(1) ?? [];
  const picked = indices.map((index) => values[Number(index) + (index < 0n ? values.length : 0)]);
  if (picked.includes(undefined)) {
    throw new FormatError(
      `${call.where}: expected indices below ${values.length}, got [${indices.join(', ')}]`,
    );
  }
  const { dimensions } = call.constant(1).tensor;
  return constant({ type: 'int64', dimensions, data: BigInt64Array.from(picked as bigint[]) });
}

function concat(call: OperatorCall): Constant {
  const values = call.inputs.flatMap((_, index) => shortVector(call, index));
  if (values.length > longestVector)
    call.refuse(`at most ${longestVector} elements`, `${values.length}`);
  return vector(values);
}

/** Attributes up to opset 9, inputs since. */
function slice(call: OperatorCall): Constant {
  if (call.constant(0).tensor.dimensions.length > 1) return sliceRows(call);
  const values = shortVector(call, 0);
  const start = Number(call.integerInput(1)?.[0] ?? call.integers('starts')?.[0] ?? 0);
  const end = Number(call.integerInput(2)?.[0] ?? call.integers('ends')?.[0] ?? values.length);
  if ((call.integerInput(4)?.[0] ?? 1n) !== 1n) call.refuse('steps of 1', 'others');
  return vector(values.slice(start, end));
}

function constantOfShape(call: OperatorCall): Constant {
  const dimensions = withoutBatch(call.integerInput(0) ?? []);
  const size = dimensions.reduce((total, next) => total * next, 1);
  if (!(size >= 0 && size <= longestVector))
    call.refuse(`at most ${longestVector} elements`, `${size}`);
  const fill = call.tensor('value') ?? { type: 'float32', data: new Float32Array(1) };
  const data = elementArray<ElementType>(fill.type, size);
  for (let i = 0; i < size; i++) data[i] = fill.data[0]!;
  return constant({ type: fill.type, dimensions, data });
}

function shape(call: OperatorCall): Constant {
  return vector(call.constant(0).tensor.dimensions.map(BigInt));
}

function shortVector(call: OperatorCall, index: number): bigint[] {
  if (call.constant(index).tensor.dimensions.length > 1) call.refuse('vectors', 'more axes');
  return call.integerInput(index) ?? [];
}

export const folds: Readonly<Record<string, Fold>> = {
  Constant: constantNode,
  ConstantOfShape: constantOfShape,
  Identity: (call) => call.constant(0),
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Cast: cast,
  Gather: gather,
  Concat: concat,
  Slice: slice,
  Shape: shape,
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Equal: equal,
  Expand: expand,
  Where: where,
  Div: elementwise((a, b) => a / b),
};
