// The directions of a recurrent layer, which ONNX keeps on an axis of their own: apart until an operator
// computes with them, and then one value, its channels those of each direction in turn.
import { sameQuantization } from './draft.ts';
import type { Draft } from './draft.ts';
import type { OperatorCall } from './operator-call.ts';
import { signal } from './value.ts';
import type { Signal } from './value.ts';
import { stackPart } from './view.ts';
import type { View } from './view.ts';

/** Drafts of one shape along part 'd'; one alone has no such part. `view` may hold the part either way. */
export function stacked(drafts: readonly Draft[], view: View): Signal {
  const isOne = drafts.length === 1;
  const parts = isOne ? view.map((axis) => axis.filter((part) => part !== stackPart)) : view;
  return signal(drafts[0]!, parts, drafts);
}

/** The signal as one value: its directions become channels, where they stand next to them. */
export function joined(call: OperatorCall, input: Signal): Signal {
  const { stack, view, draft } = input;
  if (stack.length === 1) return input;
  const isOneChannel = draft.shape[2] === 1;
  const axis = view.findIndex((parts) => parts.includes(stackPart));
  const parts = view[axis]!;
  const at = parts.indexOf(stackPart);
  if (parts[at + 1] !== 'c' && !isOneChannel) {
    call.refuse(
      'the directions of a recurrent layer one after another along its channels',
      'them apart',
      'Transpose and Reshape to [..., directions * hidden size], as torch.nn.LSTM has them',
    );
  }
  const channels = parts.toSpliced(at, isOneChannel ? 1 : 2, 'c');
  const [height, width, size] = draft.shape;
  const operation = { operator: 'concat', attributes: {} } as const;
  const made = call.make(operation, stack, [height, width, size * stack.length]);
  const { quantization } = draft;
  if (stack.every((each) => sameQuantization(each.quantization, quantization))) {
    made.quantization = quantization;
  }
  return { ...input, ...signal(made, view.with(axis, channels)), encoding: input.encoding };
}
