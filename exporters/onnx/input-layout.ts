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
}

/** Axes of the input in order, as parts a0, a1, ...; a reshape of a flat input renames them. */
interface Trace {
  readonly view: View;
  readonly sizes: Map<Part, number>;
  /** The file's input in terms of the parts. */
  readonly source: View;
}

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
  const { batch, sizes } = inputSizes(input);
  const axes: View = sizes.map((_, index) => [`a${index}`]);
  const trace: Trace = {
    source: [[batchPart], ...axes],
    view: [[batchPart], ...axes],
    sizes: new Map(sizes.map((size, index) => [`a${index}`, size])),
  };
  const seen = follow(model, input.name, trace) ?? trace;
  const roles = rolesOf(seen.view) ?? rolesOf(trace.view);
  if (roles === null) {
    throw new UnsupportedError(
      `input ${quote(input.name)}: expected [batch, channels, height, width] or fewer axes, ` +
        `got [batch, ${sizes.join(', ')}]`,
    );
  }
  const from = rolesOf(seen.view) === null ? trace : seen;
  const size = (role: Part): number => {
    const part = [...roles].find(([, found]) => found === role)?.[0];
    return part === undefined ? 1 : from.sizes.get(part)!;
  };
  const shape = [size('h'), size('w'), size('c')] as const;
  const named = from.source.map((axis) => axis.map((part) => roles.get(part) ?? part));
  const partSizes = new Map(['h', 'w', 'c'].map((part) => [part, size(part)]));
  const view = named.map((axis) => viewOf(axis, partSizes).flat());
  return { shape, view, layout: layoutOf(view, input), batch };
}

function inputSizes({ name, type, dimensions }: OnnxValue): {
  batch: number | null;
  sizes: number[];
} {
  const where = `input ${quote(name)}`;
  if (type !== 'float32' || dimensions === null || dimensions.length < 2) {
    throw new UnsupportedError(
      `${where}: expected float32 of [batch, ...], got ${type ?? 'another type'} of ` +
        `${dimensions === null ? 'unknown sizes' : `[${dimensions.join(', ')}]`}; export it with both`,
    );
  }
  const [batch, ...sizes] = dimensions;
  for (const size of sizes) {
    if (typeof size === 'number' && Number.isInteger(size) && size >= 1 && size <= 2 ** 24)
      continue;
    throw new UnsupportedError(
      `${where}: expected fixed sizes after the batch, got ${quote(String(size))}; export it without dynamic axes there`,
    );
  }
  return { batch: typeof batch === 'number' && batch > 0 ? batch : null, sizes: sizes as number[] };
}

/** The trace where space is first looked at, or null. */
function follow(model: OnnxModel, name: string, trace: Trace): Trace | null {
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
    if (users.some(({ operator }) => looksAtSpace.has(operator))) return current;
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

/** Which of ours each part is, read off [batch, channels, width] or [batch, channels, height, width]. */
function rolesOf(view: View): Map<Part, Part> | null {
  const [batch, ...axes] = view;
  if (batch?.join() !== batchPart || axes.length > 3 || axes.some((axis) => axis.length > 1))
    return null;
  const names = axes.length === 2 ? ['c', 'w'] : ['c', 'h', 'w'];
  return new Map([
    [batchPart, batchPart],
    ...axes.flatMap((axis, index) => axis.map((part) => [part, names[index]!] as const)),
  ]);
}

function layoutOf(view: View, input: OnnxValue): 'nchw' | 'nhwc' {
  const order = view.slice(1).flat();
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
