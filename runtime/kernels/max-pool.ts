import { sizeOf } from '../graph/shape.ts';
import type { Kernel } from './kernel.ts';
import { forEachReach, forEachRead } from './pool-taps.ts';

// y[p, c] = max over k of x[gather(p, k), c], padding left out; 0 for a window of padding alone
// share[p, c] = f32(dy[p, c] / number of k with x[gather(p, k), c] = y[p, c])
// dx[q, c] = sum over k ascending of share[scatter(q, k), c] where x[q, c] = y[scatter(q, k), c]
export const maxPool: Kernel<'maxPool'> = {
  forward(site, [x], batch) {
    const channels = site.outputShape[2];
    const y = new Uint8Array(batch * sizeOf(site.outputShape));
    forEachRead(site, batch, (i, j) => {
      for (let c = 0; c < channels; c++) {
        if (x![i + c]! > y[j + c]!) y[j + c] = x![i + c]!;
      }
    });
    return y;
  },
  backward(site, { inputs: [x], output: y, gradient, batch, wanted }) {
    if (!wanted[0]!) return [null];
    const channels = site.outputShape[2];
    const winners = new Int32Array(y.length);
    forEachRead(site, batch, (i, j) => {
      for (let c = 0; c < channels; c++) {
        if (x![i + c] === y[j + c]) winners[j + c]!++;
      }
    });
    const share = gradient.map((g, j) => g / winners[j]!);
    const dx = new Float32Array(x!.length);
    forEachReach(site, batch, (i, j) => {
      for (let c = 0; c < channels; c++) {
        if (x![i + c] === y[j + c]) dx[i + c]! += share[j + c]!;
      }
    });
    return [dx];
  },
};
