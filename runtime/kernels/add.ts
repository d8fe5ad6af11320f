import { clampRange } from './clamp-range.ts';
import type { Kernel } from './kernel.ts';
import { quantize } from './requantize.ts';
import { quantizationOf } from './site.ts';

// y = rne(f32(f32(f32(a - z_a) * f32(s_a / s_y)) + f32(f32(b - z_b) * f32(s_b / s_y)))) + z_y, clamped
// da = dy, db = dy
export const add: Kernel<'add'> = {
  forward(site, [a, b]) {
    const output = quantizationOf(site);
    const [qa, qb] = site.inputQuantization;
    const { lo, hi } = clampRange(site.attributes.clamp, output);
    const ma = Math.fround(Math.fround(qa!.scale) / Math.fround(output.scale));
    const mb = Math.fround(Math.fround(qb!.scale) / Math.fround(output.scale));
    const y = new Uint8Array(a!.length);
    for (let i = 0; i < y.length; i++) {
      const left = Math.fround((a![i]! - qa!.zeroPoint) * ma);
      const right = Math.fround((b![i]! - qb!.zeroPoint) * mb);
      y[i] = quantize(Math.fround(left + right), output.zeroPoint, lo, hi);
    }
    return y;
  },
  backward: (_site, { gradient, wanted }) =>
    wanted.map((isWanted) => (isWanted ? gradient.slice() : null)),
};
