import { EngineError } from '../errors.ts';
import type { ForwardKernel } from './kernel.ts';

// y[p, e] = table[x[p] * size + e]
export const embedding: ForwardKernel<'embedding'> = {
  forward(site, [x]) {
    const { size } = site.attributes;
    const table = site.lookup?.table;
    if (table === undefined) {
      throw new EngineError(`${site.name}: expected a table, got none; check the model first`);
    }
    const output = new Uint8Array(x!.length * size);
    x!.forEach((token, p) =>
      output.set(table.subarray(token * size, (token + 1) * size), p * size),
    );
    return output;
  },
};
