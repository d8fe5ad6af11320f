import { sameShape } from '#runtime';

import { sameQuantization } from '../draft.ts';
import type { OperatorCall } from '../operator-call.ts';
import { stacked } from '../stack.ts';
import { signal } from '../value.ts';
import type { Signal } from '../value.ts';
import { axisIndex, isSameView, stackPart } from '../view.ts';

// Along channels, or the axis of the directions of recurrent layers.
export function concat(call: OperatorCall): Signal {
  const directions = concatDirections(call);
  if (directions !== null) return directions;
  const inputs = call.inputs.map((_, index) => call.unpadded(call.computed(index)));
  const [first] = inputs;
  if (first === undefined) return call.refuse('inputs', 'none');
  if (inputs.length === 1) return first;
  const axis = axisIndex(call.integer('axis', 1), first.view.length);
  const view = first.view.map((parts, index) => (index === axis ? ['c'] : parts));
  const [height, width] = first.draft.shape;
  const fits = inputs.every((input) => {
    const { shape } = input.draft;
    const own =
      shape[2] === 1 ? input.view.map((parts, i) => (i === axis ? ['c'] : parts)) : input.view;
    return isSameView(own, view) && shape[0] === height && shape[1] === width;
  });
  if (
    axis === null ||
    !fits ||
    inputs.some((input) => !sameQuantization(input.encoding, first.encoding))
  ) {
    call.refuse('inputs that differ in channels only, joined along them', 'others');
  }
  const channels = inputs.reduce((sum, input) => sum + input.draft.shape[2], 0);
  const draft = call.make(
    { operator: 'concat', attributes: {} },
    inputs.map((input) => input.draft),
    [height, width, channels],
  );
  draft.quantization = first.encoding;
  return { ...signal(draft, view), encoding: first.encoding };
}

/** Last states side by side, as ONNX has those of several layers; null where the axis is another. */
function concatDirections(call: OperatorCall): Signal | null {
  const inputs = call.inputs.map((_, index) => call.anySignal(index));
  const [first] = inputs;
  const axis = first && axisIndex(call.integer('axis', 1), first.view.length);
  if (axis === undefined || axis === null || inputs.length < 2) return null;
  const view = first!.view.with(axis, [stackPart]);
  const fits = inputs.every(
    (input) =>
      [stackPart, ''].includes(input.view[axis]?.join() ?? '?') &&
      isSameView(input.view.with(axis, [stackPart]), view) &&
      input.encoding === null &&
      input.stack.every(
        ({ operation, shape }) =>
          operation?.operator === 'recurrent' && sameShape(shape, first!.draft.shape),
      ),
  );
  const isApart = first!.draft.shape[2] > 1 && view.some((parts) => parts.includes('c'));
  return fits && isApart
    ? stacked(
        inputs.flatMap(({ stack }) => stack),
        view,
      )
    : null;
}
