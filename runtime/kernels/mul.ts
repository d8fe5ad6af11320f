import { sizeOf } from '../graph/shape.ts';
import type { Kernel } from './kernel.ts';
import { quantize } from './requantize.ts';
import { quantizationOf } from './site.ts';
import type { Site } from './site.ts';

// y = rne(f32(f32((a - z_a) (b - z_b)) * f32(f32(s_a * s_b) / s_y))) + z_y, clamped to 0..255
// da = f32(dy * f32(f32(b - z_b) * s_b))
// db = f32(dy * f32(f32(a - z_a) * s_a)); for one b per channel, the sum of these over the sample's
// positions in ascending order in double, rounded once to float32
export const mul: Kernel<'mul'> = {
  forward(site, [a, b], batch) {
    const output = quantizationOf(site);
    const [qa, qb] = site.inputQuantization;
    const product = Math.fround(Math.fround(qa!.scale) * Math.fround(qb!.scale));
    const m = Math.fround(product / Math.fround(output.scale));
    const y = new Uint8Array(a!.length);
    forEachPair(site, batch, (i, j) => {
      const exact = (a![i]! - qa!.zeroPoint) * (b![j]! - qb!.zeroPoint);
      y[i] = quantize(Math.fround(exact * m), output.zeroPoint, 0, 255);
    });
    return y;
  },
  backward(site, { inputs, gradient, batch, wanted }) {
    const [a, b] = inputs;
    const [qa, qb] = site.inputQuantization;
    const [sa, sb] = [Math.fround(qa!.scale), Math.fround(qb!.scale)];
    const da = wanted[0]! ? new Float32Array(a!.length) : null;
    const db = wanted[1]! ? new Float64Array(b!.length) : null;
    forEachPair(site, batch, (i, j) => {
      const g = gradient[i]!;
      if (da !== null) da[i] = g * Math.fround((b![j]! - qb!.zeroPoint) * sb);
      if (db !== null) db[j]! += Math.fround(g * Math.fround((a![i]! - qa!.zeroPoint) * sa));
    });
    return [da, db === null ? null : Float32Array.from(db)];
  },
};

/** Every element i of a with the element j of b it is multiplied by. */
function forEachPair(
  { inputShapes }: Site<'mul'>,
  batch: number,
  use: (i: number, j: number) => void,
): void {
  const size = sizeOf(inputShapes[0]!);
  const factors = sizeOf(inputShapes[1]!); // `size`, or the channels
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < size; i++) use(n * size + i, n * factors + (i % factors));
  }
}
