import type { OperatorCall } from '../operator-call.ts';
import { partSizes } from '../value.ts';
import type { Signal } from '../value.ts';
import { axisSize, axisIndex } from '../view.ts';

// Softmax and LogSoftmax over the classes of a sample, or of each of its steps, as the model's last operator: taken off and recorded.
// Up to opset 12 it is over all axes from `axis` on, since then over that axis alone.
export function softmax(call: OperatorCall): Signal {
  const input = call.signal(0);
  const { view, draft } = input;
  const isJoint = call.state.opset < 13;
  const axis = axisIndex(call.integer('axis', isJoint ? 1 : -1), view.length) ?? 0;
  const over = isJoint ? view.slice(axis).flat() : view[axis]!;
  const classes = draft.shape[2];
  const isOverClasses = axisSize(over, partSizes(draft.shape)) === classes;
  if (!isOverClasses || !(classes === 1 || over.join() === 'c') || draft.shape[1] !== 1) {
    call.refuse('softmax over all of the logits', 'over a part of them', 'Flatten before Softmax');
  }
  return { ...input, softmax: true };
}
