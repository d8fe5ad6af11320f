import type { Shape } from '#runtime';
import { sameShape, sizeOf } from '#runtime';

import type { FloatOperator } from '../operator.ts';

// y[p, c] = a[p, c] b[p', c],  p' = p, or 0 where b is one factor per channel
// da[p, c] += dy[p, c] b[p', c];  db[p', c] += sum over p that read p' of dy[p, c] a[p, c]
export const mul: FloatOperator<'mul'> = {
  forward({ batch, inputs, output }) {
    const [a, b] = [inputs[0]!, inputs[1]!];
    const factor = factorIndex(a.shape, b.shape);
    for (let i = 0; i < batch * sizeOf(a.shape); i++) {
      output.data[i] = a.data[i]! * b.data[factor(i)]!;
    }
  },
  backward({ batch, inputs }, gradients) {
    const [a, b] = [inputs[0]!, inputs[1]!];
    const [da, db] = [gradients.inputs[0]!, gradients.inputs[1]!];
    const factor = factorIndex(a.shape, b.shape);
    for (let i = 0; i < batch * sizeOf(a.shape); i++) {
      const dy = gradients.output[i]!;
      if (da !== null) da[i]! += dy * b.data[factor(i)]!;
      if (db !== null) db[factor(i)]! += dy * a.data[i]!;
    }
  },
};

/** Index in `a` (with the batch) -> index of its factor in `b`. */
function factorIndex(a: Shape, b: Shape): (index: number) => number {
  if (sameShape(a, b)) return (index) => index;
  const size = sizeOf(a);
  const channels = a[2];
  return (index) => Math.floor(index / size) * channels + (index % channels);
}
