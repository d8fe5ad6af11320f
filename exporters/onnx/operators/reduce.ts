// Pools over all of the height, the width, or both.
import type { Operation } from '../draft.ts';
import type { OperatorCall } from '../operator-call.ts';
import { spatialParts } from '../spatial-window.ts';
import { partSizes, signal } from '../value.ts';
import type { Signal } from '../value.ts';
import { axisIndex, batchPart } from '../view.ts';
import type { View } from '../view.ts';

type Pool = 'averagePool' | 'maxPool';

export function globalAveragePool(call: OperatorCall): Signal {
  return globalPool(call, 'averagePool');
}

export function globalMaxPool(call: OperatorCall): Signal {
  return globalPool(call, 'maxPool');
}

export function reduceMean(call: OperatorCall): Signal {
  return reduce(call, 'averagePool');
}

export function reduceMax(call: OperatorCall): Signal {
  return reduce(call, 'maxPool');
}

function globalPool(call: OperatorCall, pool: Pool): Signal {
  const input = call.signal(0);
  if (input.view[1]?.join() !== (input.draft.shape[2] === 1 ? '' : 'c')) spatialParts(call, input);
  return poolOver(call, input, { pool, axes: new Set([...input.view.keys()].slice(2)) });
}

/** Axes are an attribute up to opset 17 and an input since. */
function reduce(call: OperatorCall, pool: Pool): Signal {
  const input = call.signal(0);
  const axes = call.integerInput(1)?.map(Number) ?? call.integers('axes') ?? [];
  const indices = axes.map((axis) => axisIndex(axis, input.view.length));
  if (axes.length === 0 || indices.includes(null)) {
    call.refuse('axes for height and width', axes.length === 0 ? 'none' : axes.join(', '));
  }
  const reduced = poolOver(call, input, { pool, axes: new Set(indices as number[]) });
  if (call.integer('keepdims', 1) !== 0) return reduced;
  return { ...reduced, view: reduced.view.filter((_, axis) => !indices.includes(axis)) };
}

function poolOver(
  call: OperatorCall,
  { draft, view }: Signal,
  { pool, axes }: { pool: Pool; axes: ReadonlySet<number> },
): Signal {
  const parts = new Set(view.filter((_, axis) => axes.has(axis)).flat());
  if (parts.has('c') || parts.has(batchPart)) {
    call.refuse('a mean over height and width', 'one over channels or the batch');
  }
  const kept: View = view.map((axis, index) => (axes.has(index) ? [] : axis));
  const sizes = partSizes(draft.shape);
  const size = (part: 'h' | 'w'): number => (parts.has(part) ? sizes.get(part)! : 1);
  const kernel = [size('h'), size('w')] as const;
  if (kernel[0] * kernel[1] === 1) return signal(draft, kept);
  const window = { kernel, stride: [1, 1], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
  const operation: Operation =
    pool === 'maxPool'
      ? { operator: pool, attributes: { window } }
      : { operator: pool, attributes: { window, countPadding: false } };
  const [height, width, channels] = draft.shape;
  return signal(
    call.make(operation, [draft], [height / kernel[0], width / kernel[1], channels]),
    kept,
  );
}
