import { clampValue } from '../clamp.ts';
import { dequantize, quantize } from '../quantization-scalars.ts';
import { outputQuantizationOf } from '../site.ts';
import type { OperatorProgram } from './operator-program.ts';

// y = rne(f32(f32(f32(a - z_a) * f32(s_a / s_y)) + f32(f32(b - z_b) * f32(s_b / s_y)))) + z_y, clamped
// da = dy, db = dy
export const add: OperatorProgram<'add'> = {
  saves: [],
  forward(graph, site, inputs) {
    const output = outputQuantizationOf(site);
    const [a, b] = inputs.map((value, index) => {
      const own = site.inputQuantization[index]!;
      const multiplier = Math.fround(Math.fround(own.scale) / Math.fround(output.scale));
      return dequantize(graph, value, own, multiplier);
    });
    const sum = quantize(graph, graph.add(a!, b!), output);
    return clampValue(graph, sum, site.attributes.clamp, output);
  },
  backward: (_graph, _site, { gradient, wanted }) =>
    wanted.map((isWanted) => (isWanted ? gradient : null)),
};
