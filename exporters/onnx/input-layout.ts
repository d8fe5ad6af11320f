// Which axis of the model's input is its height, width or channels. ONNX does not say: the first
// operator that looks at space does, so the input is followed to it through operators that only
// move axes (a model made in TensorFlow transposes its NHWC input first).
import type { Shape } from '#runtime';
import { UnsupportedError } from '#runtime';

import type { OnnxModel, OnnxNode, OnnxValue } from './decode-model.ts';
import { integersOf } from './numbers.ts';
import { quote } from './quote.ts';
import { batchPart, group, reshape, squeeze, transpose, unsqueeze, viewOf } from './view.ts';
import type { Part, View } from './view.ts';

export interface InputLayout {
  readonly shape: Shape;
  /** The file's input over our [batch, height, width, channels]. */
  readonly view: View;
  readonly layout: 'nchw' | 'nhwc';
  readonly batch: number | null;
  /** The input holds token ids, which Gather looks up. */
  readonly tokens: boolean;
}

/** Axes of the input in order, as parts a0, a1, ...; a reshape of a flat input renames them. */
interface Trace {
  readonly view: View;
  readonly sizes: Map<Part, number>;
  /** The file's input in terms of the parts. */
  readonly source: View;
}

/** The first operator that looks at space, and what it reads. */
interface Reached {
  readonly trace: Trace;
  readonly node: OnnxNode;
}

/** They say which axis is time; their steps may come before the batch. */
const recurrent = new Set(['LSTM', 'GRU', 'RNN']);

const looksAtSpace = new Set([
  'Conv',
  'BatchNormalization',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'QLinearConv',
  'QLinearAveragePool',
  'QLinearGlobalAveragePool',
  'MatMul',
  ...recurrent,
]);

const keepsAxes = new Set([
  'Identity',
  'Cast',
  'Dropout',
  'QuantizeLinear',
  'DequantizeLinear',
  'Relu',
  'Clip',
  'Pad',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'QLinearAdd',
  'QLinearMul',
]);

export function inputLayout(model: OnnxModel, input: OnnxValue): InputLayout {
  const dimensions = checkedDimensions(input);
  for (const axis of batchAxes(dimensions)) {
    const layout = layoutWith(model, input, { dimensions, axis });
    if (layout !== null) return layout;
  }
  throw new UnsupportedError(
    `input ${quote(input.name)}: expected [batch, channels, height, width] or fewer axes, or [steps, batch, features], ` +
      `got [${dimensions.join(', ')}]`,
  );
}

/** The first axis is the batch; the second only where a recurrent layer reads the first as its steps. */
function batchAxes(dimensions: readonly (number | string)[]): readonly number[] {
  const isOpen = dimensions.map((size) => typeof size === 'string' || size < 1);
  if (isOpen[0]) return [0];
  return isOpen[1] ? [1] : [0, 1];
}

function layoutWith(
  model: OnnxModel,
  input: OnnxValue,
  { dimensions, axis }: { dimensions: readonly (number | string)[]; axis: number },
): InputLayout | null {
  const sizes = fixedSizes(input, dimensions.toSpliced(axis, 1));
  const axes: View = sizes.map((_, index) => [`a${index}`]).toSpliced(axis, 0, [batchPart]);
  const trace: Trace = {
    source: axes,
    view: axes,
    sizes: new Map(sizes.map((size, index) => [`a${index}`, size])),
  };
  const reached = follow(model, input.name, trace);
  const isRecurrent = reached !== null && recurrent.has(reached.node.operator);
  const seen = reached && rolesAt(reached);
  if (isRecurrent ? seen === null : axis !== 0) return null;
  const tokens = input.type !== 'float32';
  const roles = seen ?? (tokens ? rolesBy(trace.view, ['h', 'w']) : rolesOf(trace.view));
  if (roles === null) return null;
  const from = seen === null ? trace : reached!.trace;
  const parts = from.source.flat();
  const size = (role: Part): number => {
    const part = parts.find((each) => roles.get(each) === role);
    return part === undefined ? 1 : from.sizes.get(part)!;
  };
  const shape = [size('h'), size('w'), size('c')] as const;
  const named = from.source.map((each) => each.map((part) => roles.get(part) ?? part));
  const partSizes = new Map(['h', 'w', 'c'].map((part) => [part, size(part)]));
  const view = named.map((each) => viewOf(each, partSizes).flat());
  const batch = dimensions[axis]!;
  return {
    shape,
    view,
    layout: layoutOf(view, input),
    batch: typeof batch === 'number' && batch > 0 ? batch : null,
    tokens,
  };
}

const inputTypes = new Set<unknown>(['float32', 'int64', 'int32', 'uint8']);

function checkedDimensions({ name, type, dimensions }: OnnxValue): readonly (number | string)[] {
  if (inputTypes.has(type) && dimensions !== null && dimensions.length >= 2) return dimensions;
  throw new UnsupportedError(
    `input ${quote(name)}: expected float32 of [batch, ...], got ${type ?? 'another type'} of ` +
      `${dimensions === null ? 'unknown sizes' : `[${dimensions.join(', ')}]`}; export it with both`,
  );
}

function fixedSizes({ name }: OnnxValue, sizes: readonly (number | string)[]): number[] {
  for (const size of sizes) {
    if (typeof size === 'number' && Number.isInteger(size) && size >= 1 && size <= 2 ** 24)
      continue;
    throw new UnsupportedError(
      `input ${quote(name)}: expected fixed sizes after the batch, got ${quote(String(size))}; export it without dynamic axes there`,
    );
  }
  return sizes as number[];
}

/** Where space is first looked at, or null. */
function follow(model: OnnxModel, name: string, trace: Trace): Reached | null {
  const usersOf = new Map<string, OnnxNode[]>();
  for (const node of model.nodes) {
    for (const input of node.inputs) {
      const users = usersOf.get(input);
      if (users === undefined) usersOf.set(input, [node]);
      else users.push(node);
    }
  }
  let current = trace;
  let value = name;
  for (let steps = 0; steps < model.nodes.length; steps++) {
    const users = usersOf.get(value) ?? [];
    const node = users.find(({ operator }) => looksAtSpace.has(operator));
    if (node !== undefined) return { trace: current, node };
    const moved = users
      .map((user) => ({ user, trace: through(model, user, current) }))
      .find((step) => step.trace !== null);
    if (moved === undefined || moved.trace === null) return null;
    current = moved.trace;
    value = moved.user.outputs[0] ?? '';
  }
  return null;
}

/** What an operator that only moves axes makes of the trace; null for any other. */
function through(model: OnnxModel, node: OnnxNode, trace: Trace): Trace | null {
  if (keepsAxes.has(node.operator)) return trace;
  if (node.operator === 'Gather') return looked(model, node, trace);
  const { view, sizes } = trace;
  const attribute = node.attributes.get(node.operator === 'Transpose' ? 'perm' : 'axes');
  const given = Array.isArray(attribute) ? attribute.map(Number) : null;
  const integers = constantIntegers(model, node.inputs[1] ?? '');
  const axes = given ?? integers?.map(Number) ?? null;
  const moved = {
    Transpose: () => transpose(view, axes ?? [...view.keys()].toReversed()),
    Squeeze: () => squeeze(view, axes),
    Unsqueeze: () => unsqueeze(view, axes ?? []),
  }[node.operator];
  if (moved !== undefined) {
    const result = moved();
    return result && { ...trace, view: result };
  }
  if (node.operator !== 'Reshape' || integers === null) return null;
  const joined = reshape(view, integers, sizes, { batch: null });
  return joined === null ? split(trace, integers) : { ...trace, view: joined };
}

/** Each token id becomes a vector, on an axis 'e' that the input does not have. */
function looked(model: OnnxModel, node: OnnxNode, trace: Trace): Trace | null {
  if (!model.initializers.has(node.inputs[0] ?? '')) return null;
  return { ...trace, view: [...trace.view, ['e']] };
}

/** A flat input that is cut into axes: they become the input's own. */
function split(trace: Trace, target: readonly bigint[]): Trace | null {
  const parts = trace.source.flat();
  if (trace.view.flat().join() !== parts.join()) return null;
  const wanted = target.slice(1).map(Number);
  const total = [...trace.sizes.values()].reduce((product, size) => product * size, 1);
  const known = wanted.reduce((product, size) => (size > 0 ? product * size : product), 1);
  const axes = wanted.map((size) => (size === -1 ? total / known : size));
  const sizes = new Map(axes.map((size, index) => [`b${index}`, size] as const));
  if (!axes.every((size) => Number.isInteger(size) && size >= 1)) return null;
  const original = trace.source
    .slice(1)
    .map((axis) => axis.reduce((size, part) => size * trace.sizes.get(part)!, 1));
  const source = group([...sizes.keys()], original, sizes);
  if (source === null) return null;
  return {
    sizes,
    source: [[batchPart], ...source],
    view: [[batchPart], ...[...sizes.keys()].map((part) => [part])],
  };
}

function constantIntegers(model: OnnxModel, name: string): bigint[] | null {
  const initializer = model.initializers.get(name);
  if (initializer !== undefined) return integersOf(initializer);
  const maker = model.nodes.find(
    ({ operator, outputs }) => operator === 'Constant' && outputs[0] === name,
  );
  const value = maker?.attributes.get('value');
  return typeof value === 'object' && 'data' in value ? integersOf(value) : null;
}

/** Which of ours each part is, as the operator reached reads it; null where it reads none that fit. */
function rolesAt({ node, trace: { view } }: Reached): Map<Part, Part> | null {
  if (recurrent.has(node.operator))
    return rolesOfSequence(view, node.attributes.get('layout') === 1);
  return node.operator === 'MatMul' ? rolesLast(view) : rolesOf(view);
}

/** Read off [batch, channels, height] or [batch, channels, height, width]. */
function rolesOf(view: View): Map<Part, Part> | null {
  return rolesBy(view, ['c', 'h', 'w']);
}

/** Read off [batch, height, channels] or [batch, height, width, channels]. */
function rolesLast(view: View): Map<Part, Part> | null {
  return rolesBy(view, [...['h', 'w'].slice(0, view.length - 2), 'c']);
}

function rolesBy(view: View, names: readonly Part[]): Map<Part, Part> | null {
  const [batch, ...axes] = view;
  const fits = axes.length <= names.length && axes.every((axis) => axis.length <= 1);
  if (batch?.join() !== batchPart || !fits) return null;
  return new Map([
    [batchPart, batchPart],
    ...axes.flatMap((axis, index) => axis.map((part) => [part, names[index]!] as const)),
  ]);
}

/** Read off [steps, batch, features], or batch first. */
function rolesOfSequence(view: View, isBatchFirst: boolean): Map<Part, Part> | null {
  const order = isBatchFirst ? [0, 1, 2] : [1, 0, 2];
  return view.length === 3
    ? rolesBy(
        order.map((axis) => view[axis]!),
        ['h', 'c'],
      )
    : null;
}

function layoutOf(view: View, input: OnnxValue): 'nchw' | 'nhwc' {
  const order = view.flat().filter((part) => part !== batchPart);
  const isIn = (layout: readonly Part[]): boolean => {
    return layout.filter((part) => order.includes(part)).join() === order.join();
  };
  if (isIn(['c', 'h', 'w'])) return 'nchw';
  if (isIn(['h', 'w', 'c'])) return 'nhwc';
  throw new UnsupportedError(
    `input ${quote(input.name)}: expected [batch, channels, height, width] or [batch, height, width, channels], ` +
      `got [batch, ${order.join(', ')}]`,
  );
}
