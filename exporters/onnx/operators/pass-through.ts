import type { OperatorCall } from '../operator-call.ts';
import type { Signal } from '../value.ts';

/** Operators that change nothing when a model runs: Identity, Dropout. */
export function passThrough(call: OperatorCall): Signal {
  return call.anySignal(0);
}

const float32 = 1;
const integers = new Set([6, 7]); // int32, int64

/** Signals are float32, and the graph's input may be token ids: only casts between these change nothing. */
export function cast(call: OperatorCall): Signal {
  const input = call.anySignal(0);
  const to = call.integer('to', 0);
  const isInput = input.draft.operation === null;
  const isKept = to === float32 || (isInput && integers.has(to));
  if (!isKept || input.encoding !== null)
    call.refuse('a cast of float32 to itself', `to type ${to}`);
  return { ...input, tokens: to !== float32 };
}
