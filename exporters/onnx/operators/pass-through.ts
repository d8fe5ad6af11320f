import type { OperatorCall } from '../operator-call.ts';
import type { Signal } from '../value.ts';

/** Operators that change nothing when a model runs: Identity, Dropout. */
export function passThrough(call: OperatorCall): Signal {
  return call.anySignal(0);
}

const float32 = 1;

/** Signals are float32, so only a cast to that changes nothing. */
export function cast(call: OperatorCall): Signal {
  const input = call.anySignal(0);
  const to = call.integer('to', 0);
  if (to !== float32 || input.encoding !== null)
    call.refuse('a cast of float32 to itself', `to type ${to}`);
  return input;
}
