import { dequantize, quantize } from '../quantization-scalars.ts';
import { outputQuantizationOf } from '../site.ts';
import type { OperatorProgram } from './operator-program.ts';

// y[p] = [x_0[p], x_1[p], ...], each rne(f32(f32(x - z_x) * f32(s_x / s_y))) + z_y, clamped to 0..255
// dx_i = the slice of dy that x_i went to
export const concat: OperatorProgram<'concat'> = {
  saves: [],
  forward(graph, site, inputs) {
    const output = outputQuantizationOf(site);
    const requantized = inputs.map((value, index) => {
      const own = site.inputQuantization[index]!;
      const multiplier = Math.fround(Math.fround(own.scale) / Math.fround(output.scale));
      return multiplier === 1 && own.zeroPoint === output.zeroPoint
        ? value
        : quantize(graph, dequantize(graph, value, own, multiplier), output);
    });
    return graph.node('Concat', requantized, { attributes: { axis: 3 } });
  },

  backward(graph, site, { gradient, wanted }) {
    let end = 0;
    return site.inputShapes.map(([, , channels], index) => {
      const start = end;
      end += channels;
      if (!wanted[index]!) return null;
      const bounds = [start, end].map((bound) => graph.int64([bound]));
      return graph.node('Slice', [gradient, ...bounds, graph.int64([3])]);
    });
  },
};
