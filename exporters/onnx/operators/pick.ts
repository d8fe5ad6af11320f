// Gather and Slice of a signal: one of the directions of a recurrent layer, the last step of a sequence, or
// the vectors of token ids.
import { lastStep } from '../last-step.ts';
import type { OperatorCall } from '../operator-call.ts';
import { stacked } from '../stack.ts';
import { sizesOf } from '../value.ts';
import type { Signal } from '../value.ts';
import { axisIndex, axisSize, stackPart } from '../view.ts';
import { embedding } from './embedding.ts';

export function gather(call: OperatorCall): Signal {
  if (call.inputs[0]?.kind === 'constant') return embedding(call);
  const input = call.unpadded(call.anySignal(0));
  const axis = axisIndex(call.integer('axis', 0), input.view.length) ?? 0;
  const indices = call.constant(1).tensor.dimensions;
  const [index, ...rest] = call.integerInput(1) ?? [];
  if (index === undefined || rest.length > 0 || indices.length > 1) {
    call.refuse('one index', `${rest.length + 1}`);
  }
  const size = axisSize(input.view[axis]!, sizesOf(input)) ?? 0;
  const position = Number(index) < 0 ? Number(index) + size : Number(index);
  const kept = picked(call, input, axis, { from: position, to: position + 1 });
  return indices.length === 1
    ? kept
    : { ...kept, view: kept.view.filter((_, other) => other !== axis) };
}

/** Starts, ends and axes are attributes up to opset 9, and inputs since. */
export function slice(call: OperatorCall): Signal {
  const input = call.unpadded(call.anySignal(0));
  const read = (index: number, name: string): readonly number[] | null =>
    call.integerInput(index)?.map(Number) ?? call.integers(name);
  const starts = read(1, 'starts') ?? [];
  const ends = read(2, 'ends') ?? [];
  const axes = read(3, 'axes') ?? [...starts.keys()];
  if ((call.integerInput(4) ?? []).some((step) => step !== 1n)) call.refuse('steps of 1', 'others');
  let result = input;
  for (const [i, start] of starts.entries()) {
    const axis = axisIndex(axes[i] ?? i, input.view.length) ?? 0;
    const size = axisSize(result.view[axis]!, sizesOf(result));
    if (size === null) {
      if (start === 0 && ends[i]! > 2 ** 30) continue;
      call.refuse('all of the batch', 'a part of it');
    }
    const within = (at: number): number => Math.max(0, Math.min(size, at < 0 ? at + size : at));
    result = picked(call, result, axis, { from: within(start), to: within(ends[i] ?? size) });
  }
  return result;
}

/** Positions [from, to) of an axis, which stays. */
function picked(
  call: OperatorCall,
  input: Signal,
  axis: number,
  { from, to }: { readonly from: number; readonly to: number },
): Signal {
  const size = axisSize(input.view[axis]!, sizesOf(input))!;
  if (!(from >= 0 && from < to && to <= size)) {
    call.refuse(`positions within ${size}`, `${from} to ${to}`);
  }
  if (to - from === size) return input;
  const parts = input.view[axis]!.join();
  if (parts === stackPart) {
    return {
      ...input,
      ...stacked(input.stack.slice(from, to), input.view),
      encoding: input.encoding,
    };
  }
  if (parts === 'h' && to - from === 1) {
    const view = input.view.with(axis, []);
    const last = input.stack.map((draft) => lastStep(call, draft, { position: from, steps: size }));
    return { ...input, ...stacked(last, view), encoding: input.encoding };
  }
  return call.refuse(
    'the last step of a sequence, or some of the directions of a recurrent layer',
    `positions ${from} to ${to} of ${size} on axis ${axis}`,
    'Gather of the last step, or a pool over all of them',
  );
}
