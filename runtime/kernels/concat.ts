import type { Kernel } from './kernel.ts';
import { quantize } from './requantize.ts';
import { quantizationOf } from './site.ts';

// y[p] = [x_0[p], x_1[p], ...], each rne(f32(f32(x - z_x) * f32(s_x / s_y))) + z_y, clamped to 0..255
// dx_i = the slice of dy that x_i went to
export const concat: Kernel<'concat'> = {
  forward(site, inputs, batch) {
    const [height, width, channels] = site.outputShape;
    const { scale, zeroPoint } = quantizationOf(site);
    const y = new Uint8Array(batch * height * width * channels);
    let offset = 0;
    for (const [index, x] of inputs.entries()) {
      const own = site.inputShapes[index]![2];
      const q = site.inputQuantization[index]!;
      const m = Math.fround(Math.fround(q.scale) / Math.fround(scale));
      for (let p = 0; p < batch * height * width; p++) {
        for (let c = 0; c < own; c++) {
          const scaled = Math.fround((x[p * own + c]! - q.zeroPoint) * m);
          y[p * channels + offset + c] = quantize(scaled, zeroPoint, 0, 255);
        }
      }
      offset += own;
    }
    return y;
  },
  backward(site, { gradient, batch, wanted }) {
    const [height, width, channels] = site.outputShape;
    let end = 0;
    return site.inputShapes.map(([, , own], index) => {
      const offset = end;
      end += own;
      if (!wanted[index]!) return null;
      const dx = new Float32Array(batch * height * width * own);
      for (let p = 0; p < batch * height * width; p++) {
        for (let c = 0; c < own; c++) dx[p * own + c] = gradient[p * channels + offset + c]!;
      }
      return dx;
    });
  },
};
