// How an ONNX tensor lies over a value of ours, which is always [batch, height, width, channels].
// Each ONNX axis is a product of parts of the value: NCHW is [[n],[c],[h],[w]], flattened it is
// [[n],[c,h,w]], NHWC is [[n],[h],[w],[c]]. Parts of size 1 are left out, so that [n, 1, 1, c]
// and [n, c] differ in empty axes only. Transpose, Reshape, Squeeze and their like change the view
// and move no data.

/** 'n' is the batch; the others are parts of a sample, in a value 'h', 'w' and 'c'. */
export type Part = string;
export type View = readonly (readonly Part[])[];

/** Sizes of the parts; the batch has none. */
export type PartSizes = ReadonlyMap<Part, number>;

export const batchPart = 'n';

/** Axis along which several values stand side by side. */
export const stackPart = 'd';

/** Stands for the size of the batch in shapes that are computed; no real size is negative. */
export const batchSize: bigint = -(2n ** 62n);

/** One axis per part; parts of size 1 become empty axes. */
export function viewOf(parts: readonly Part[], sizes: PartSizes): View {
  return parts.map((part) => (part !== batchPart && sizes.get(part) === 1 ? [] : [part]));
}

export function isSameView(a: View, b: View): boolean {
  return a.length === b.length && a.every((axis, index) => axis.join() === b[index]!.join());
}

/** Product of an axis' parts, null where it holds the batch. */
export function axisSize(axis: readonly Part[], sizes: PartSizes): number | null {
  if (axis.includes(batchPart)) return null;
  return axis.reduce((size, part) => size * sizes.get(part)!, 1);
}

/** The axis counted from 0, or null where the view has no such axis. */
export function axisIndex(axis: number, rank: number): number | null {
  const index = axis < 0 ? axis + rank : axis;
  return Number.isInteger(index) && index >= 0 && index < rank ? index : null;
}

/** Null where `order` is not a permutation of the axes. */
export function transpose(view: View, order: readonly number[]): View | null {
  if (order.length !== view.length || new Set(order).size !== view.length) return null;
  const axes = order.map((axis) => view[axis]);
  return axes.every((axis) => axis !== undefined) ? axes : null;
}

/** Null where an axis that is not of size 1 would go. */
export function squeeze(view: View, axes: readonly number[] | null): View | null {
  const rank = view.length;
  const gone = new Set(axes?.map((axis) => axisIndex(axis, rank)) ?? emptyAxes(view));
  for (const axis of gone) if (axis === null || view[axis]!.length > 0) return null;
  return view.filter((_, index) => !gone.has(index));
}

function emptyAxes(view: View): number[] {
  return [...view.keys()].filter((axis) => view[axis]!.length === 0);
}

/** `axes` count in the result. Null where they do not fit. */
export function unsqueeze(view: View, axes: readonly number[]): View | null {
  const rank = view.length + axes.length;
  const added = new Set(axes.map((axis) => axisIndex(axis, rank)));
  if (added.size !== axes.length || added.has(null)) return null;
  const rest = view.values();
  return Array.from({ length: rank }, (_, index) => (added.has(index) ? [] : rest.next().value!));
}

/** Joins the axes before `axis`, and those from it on. Null where the batch would not stay alone. */
export function flatten(view: View, axis: number): View | null {
  const parts = [view.slice(0, axis).flat(), view.slice(axis).flat()];
  return parts[0]!.join() === batchPart ? parts : null;
}

/**
 * Follows ONNX's Reshape: 0 copies an axis, -1 takes what is left, and `batchSize`, 1 or `batch` may stand
 * for the batch. Null where the target splits a part or mixes the batch with something else.
 */
export function reshape(
  view: View,
  target: readonly bigint[],
  sizes: PartSizes,
  { batch, allowZero = false }: { batch: number | null; allowZero?: boolean },
): View | null {
  const parts = view.flat();
  const at = parts.indexOf(batchPart);
  if (at === -1 || parts.lastIndexOf(batchPart) !== at) return null;
  const wanted = target.map((size, index) => {
    if (size !== 0n || allowZero) return size;
    const copied = index < view.length ? axisSize(view[index]!, sizes) : -2;
    return copied === null ? batchSize : BigInt(copied);
  });
  for (const [index, size] of wanted.entries()) {
    const isBatch =
      size === batchSize || size === 1n || size === -1n || size === BigInt(batch ?? -2);
    const before = isBatch ? cut(parts.slice(0, at), wanted.slice(0, index), sizes) : null;
    const after = before && cut(parts.slice(at + 1), wanted.slice(index + 1), sizes);
    if (before === null || after === null) continue;
    const isOpen = [...wanted.slice(0, index), ...wanted.slice(index + 1)].includes(-1n);
    if (size !== -1n || !isOpen) return [...before, [batchPart], ...after];
  }
  return null;
}

/** Parts cut into axes of the sizes wanted, one of which may be -1, for what is left. */
function cut(parts: readonly Part[], wanted: readonly bigint[], sizes: PartSizes): View | null {
  if (!wanted.every((size) => size >= -1n)) return null;
  const total = parts.reduce((size, part) => size * sizes.get(part)!, 1);
  const known = wanted.reduce((size, next) => (next === -1n ? size : size * Number(next)), 1);
  const axes = wanted.map((size) => (size === -1n ? total / known : Number(size)));
  return group(parts, axes, sizes);
}

/** Cuts the parts, in their order, into axes of the sizes wanted; null where a cut falls within one. */
export function group(
  parts: readonly Part[],
  axes: readonly number[],
  sizes: PartSizes,
): View | null {
  let next = 0;
  const view = axes.map((wanted) => {
    const axis: Part[] = [];
    let size = 1;
    while (size < wanted && next < parts.length) {
      size *= sizes.get(parts[next]!)!;
      axis.push(parts[next++]!);
    }
    return size === wanted ? axis : null;
  });
  if (next !== parts.length || view.includes(null)) return null;
  return view as View;
}
