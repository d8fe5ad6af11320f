import type { OperatorCall } from '../operator-call.ts';
import { constant, sizesOf } from '../value.ts';
import type { Constant } from '../value.ts';
import { axisSize, batchSize } from '../view.ts';

/** The sizes of a signal, which are known but for the batch. */
export function shape(call: OperatorCall): Constant {
  const input = call.unpadded(call.anySignal(0));
  const { view } = input;
  const sizes = sizesOf(input);
  const dimensions = view.map((axis) => BigInt(axisSize(axis, sizes) ?? batchSize));
  const kept = dimensions.slice(call.integer('start', 0), call.integer('end', view.length));
  return constant({ type: 'int64', dimensions: [kept.length], data: BigInt64Array.from(kept) });
}
