import { elementArray } from './element-type.ts';
import type { ElementType } from './element-type.ts';
import type { OperatorCall } from './operator-call.ts';
import { constant } from './value.ts';
import type { Constant } from './value.ts';
import { batchSize } from './view.ts';

/** Sums and products of two constants of one shape, or of a constant and one number. */
export function elementwise(f: (a: number, b: number) => number): (call: OperatorCall) => Constant {
  return (call) => {
    const [a, b] = [call.constant(0).tensor, call.constant(1).tensor];
    const [larger, smaller] = a.data.length >= b.data.length ? [a, b] : [b, a];
    const fits = smaller.data.length === 1 || a.dimensions.join() === b.dimensions.join();
    if (
      !fits ||
      a.type !== b.type ||
      a.type === 'float16' ||
      smaller.dimensions.length > larger.dimensions.length
    ) {
      call.refuse('constants of one type and shape, or one number', 'others');
    }
    call.allocate(larger.data.length);
    const data = elementArray<ElementType>(a.type, larger.data.length);
    const at = (values: typeof data, index: number): number => {
      const value = values[values.length === 1 ? 0 : index]!;
      if (value === batchSize)
        call.refuse('shapes that do not compute with the batch', 'one that does');
      return Number(value);
    };
    const isInteger = typeof larger.data[0] === 'bigint';
    for (let i = 0; i < data.length; i++) {
      const value = f(at(a.data, i), at(b.data, i));
      data[i] = isInteger ? BigInt(Number.isFinite(value) ? Math.trunc(value) : 0) : value;
    }
    return constant({ type: a.type, dimensions: larger.dimensions, data });
  };
}
