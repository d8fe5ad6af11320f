import { InputError } from '#runtime';

import type { FloatOperator } from '../operator.ts';

// y[p, e] = table[x[p], e]; no gradient: tables are not learned, and a token id has none
export const embedding: FloatOperator<'embedding'> = {
  forward({ attributes: { size }, inputs, output, parameters }) {
    const table = parameters!.weights;
    for (const [p, token] of inputs[0]!.data.entries()) {
      if (!Number.isInteger(token) || token < 0 || token > 255) {
        throw new InputError(`embedding: expected token ids from 0 to 255, got ${token}`);
      }
      output.data.set(table.subarray(token * size, (token + 1) * size), p * size);
    }
  },
  backward() {},
};
