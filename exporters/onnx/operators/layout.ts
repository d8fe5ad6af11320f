// Operators that only rearrange axes: they change how a signal is seen, and move no data.
import type { OperatorCall } from '../operator-call.ts';
import { sizesOf } from '../value.ts';
import type { Signal } from '../value.ts';
import { flatten as flattenView, reshape as reshapeView, squeeze as squeezeView } from '../view.ts';
import { axisIndex, transpose as transposeView, unsqueeze as unsqueezeView } from '../view.ts';

export function reshape(call: OperatorCall): Signal {
  const input = call.unpadded(call.anySignal(0));
  const target = call.integerInput(1) ?? [];
  const view = reshapeView(input.view, target, sizesOf(input), {
    batch: call.state.batch,
    allowZero: call.integer('allowzero', 0) !== 0,
  });
  return call.viewed(
    input,
    view,
    'a shape that keeps the batch and joins whole axes',
    `[${target.join(', ')}]`,
  );
}

export function flatten(call: OperatorCall): Signal {
  const input = call.unpadded(call.anySignal(0));
  const axis = call.integer('axis', 1);
  const index = axis === input.view.length ? axis : axisIndex(axis, input.view.length);
  const view = index === null ? null : flattenView(input.view, index);
  return call.viewed(input, view, 'axis 1, after the batch', `axis ${axis}`);
}

export function transpose(call: OperatorCall): Signal {
  const input = call.anySignal(0);
  const order = call.integers('perm') ?? [...input.view.keys()].toReversed();
  const view = transposeView(input.view, order);
  return call.viewed(input, view, `an order of ${input.view.length} axes`, `[${order.join(', ')}]`);
}

/** Axes are an attribute up to opset 12 and an input since; here and in Unsqueeze. */
export function squeeze(call: OperatorCall): Signal {
  const input = call.unpadded(call.anySignal(0));
  const axes = axesOf(call);
  return call.viewed(
    input,
    squeezeView(input.view, axes),
    'axes of size 1',
    `axes ${axes?.join(', ') ?? 'none'}`,
  );
}

export function unsqueeze(call: OperatorCall): Signal {
  const input = call.unpadded(call.anySignal(0));
  const axes = axesOf(call) ?? [];
  return call.viewed(input, unsqueezeView(input.view, axes), 'new axes', `axes ${axes.join(', ')}`);
}

export function axesOf(call: OperatorCall): readonly number[] | null {
  return call.integerInput(1)?.map(Number) ?? call.integers('axes');
}
