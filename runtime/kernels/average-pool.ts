import { sizeOf } from '../graph/shape.ts';
import { gatherTable } from '../graph/window.ts';
import type { Kernel } from './kernel.ts';
import { forEachReach, forEachRead } from './pool-taps.ts';
import { quantize } from './requantize.ts';
import { quantizationOf } from './site.ts';
import type { Site } from './site.ts';

// y = rne(f32(f32(sum over k of (x[gather(p, k), c] - z_x)) * m[p])) + z_y, clamped to 0..255
// m[p] = f32(s_x / f32(s_y * count[p]));  count[p] = offsets inside the input, all with countPadding, at least 1
// dx[q, c] = sum over k ascending of f32(dy[scatter(q, k), c] * f32(1 / count[scatter(q, k)]))
export const averagePool: Kernel<'averagePool'> = {
  forward(site, [x], batch) {
    const channels = site.outputShape[2];
    const { scale, zeroPoint } = site.inputQuantization[0]!;
    const output = quantizationOf(site);
    const sums = new Int32Array(batch * sizeOf(site.outputShape));
    forEachRead(site, batch, (i, j) => {
      for (let c = 0; c < channels; c++) sums[j + c]! += x![i + c]! - zeroPoint;
    });
    const [sx, sy] = [Math.fround(scale), Math.fround(output.scale)];
    const m = Float32Array.from(countsOf(site), (count) => sx / Math.fround(sy * count));
    return Uint8Array.from(sums, (sum, j) => {
      const scaled = Math.fround(Math.fround(sum) * m[Math.trunc(j / channels) % m.length]!);
      return quantize(scaled, output.zeroPoint, 0, 255);
    });
  },
  backward(site, { inputs: [x], gradient, batch, wanted }) {
    if (!wanted[0]!) return [null];
    const channels = site.outputShape[2];
    const r = Float32Array.from(countsOf(site), (count) => 1 / count);
    const share = gradient.map((g, j) => g * r[Math.trunc(j / channels) % r.length]!);
    const dx = new Float32Array(x!.length);
    forEachReach(site, batch, (i, j) => {
      for (let c = 0; c < channels; c++) dx[i + c]! += share[j + c]!;
    });
    return [dx];
  },
};

/** count[p]: what a window's sum is divided by. */
function countsOf({ attributes, inputShapes, outputShape }: Site<'averagePool'>): Int32Array {
  const { window, countPadding } = attributes;
  const offsets = window.kernel[0] * window.kernel[1];
  const counts = new Int32Array(outputShape[0] * outputShape[1]);
  if (countPadding) return counts.fill(offsets);
  const [height, width] = inputShapes[0]!;
  for (const [entry, q] of gatherTable(inputShapes[0]!, window).entries()) {
    if (q < height * width) counts[Math.trunc(entry / offsets)]!++;
  }
  return counts.map((count) => Math.max(1, count));
}
