import { floatsOf } from '../numbers.ts';
import type { OperatorCall } from '../operator-call.ts';
import { spatialParts } from '../spatial-window.ts';
import type { Signal } from '../value.ts';

/** Zeros around height and width, kept aside for the convolution or pool that follows. */
export function pad(call: OperatorCall): Signal {
  const input = call.floats(0);
  const mode = call.text('mode', 'constant');
  const value = call.optionalConstant(2);
  const zero = value === null ? call.float('value', 0) : (floatsOf(value.tensor)[0] ?? 0);
  if (mode !== 'constant' || zero !== 0) {
    call.refuse(
      'padding with zeros',
      mode === 'constant' ? String(zero) : mode,
      'mode constant, value 0',
    );
  }
  const rank = input.view.length;
  const amounts = call.integerInput(1)?.map(Number) ?? call.integers('pads') ?? [];
  const axes = call.integerInput(3)?.map(Number) ?? [...input.view.keys()];
  if (amounts.length !== 2 * axes.length)
    call.refuse(`${2 * axes.length} pads`, `${amounts.length}`);
  const pads = [...(input.pads ?? [0, 0, 0, 0])] as [number, number, number, number];
  for (const [index, axis] of axes.entries()) {
    const [before, after] = [amounts[index]!, amounts[index + axes.length]!];
    if (before === 0 && after === 0) continue;
    const side = sideOf(call, input, axis < 0 ? axis + rank : axis);
    if (side === undefined || before < 0 || after < 0 || Math.max(before, after) > 2 ** 24) {
      call.refuse(
        'pads of at least 0 on height and width',
        `${before} and ${after} on axis ${axis}`,
      );
    }
    pads[side] += before;
    pads[side + 2]! += after;
  }
  return { ...input, pads: pads.every((amount) => amount === 0) ? null : pads };
}

/** 0 for height, 1 for width. */
function sideOf(call: OperatorCall, input: Signal, axis: number): 0 | 1 | undefined {
  const parts = input.view[axis];
  // An axis of size 1 has no part, but its place among channels-first axes says what it is.
  const part =
    parts?.length === 0 && axis >= 2 ? spatialParts(call, input)[axis - 2] : parts?.join();
  if (part === 'h') return 0;
  return part === 'w' ? 1 : undefined;
}
