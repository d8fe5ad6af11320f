import { sameShape } from '#runtime';

import type { ProgramGraph } from '../program-graph.ts';
import { dequantize, quantize } from '../quantization-scalars.ts';
import { outputQuantizationOf } from '../site.ts';
import type { OperatorProgram } from './operator-program.ts';

// y = rne(f32(f32((a - z_a) (b - z_b)) * f32(f32(s_a * s_b) / s_y))) + z_y, clamped to 0..255
// da = f32(dy * f32(f32(b - z_b) * s_b))
// db = f32(dy * f32(f32(a - z_a) * s_a)); for one b per channel, the sum of these over the sample's
// positions in double, rounded once to float32
export const mul: OperatorProgram<'mul'> = {
  saves: ['inputs'],
  forward(graph, site, [a, b]) {
    const output = outputQuantizationOf(site);
    const [qa, qb] = site.inputQuantization;
    const scale = Math.fround(Math.fround(qa!.scale) * Math.fround(qb!.scale));
    const multiplier = Math.fround(scale / Math.fround(output.scale));
    const product = graph.multiply(dequantize(graph, a!, qa!, 1), dequantize(graph, b!, qb!, 1));
    const scaled = graph.multiply(product, graph.scalar('float32', multiplier));
    return quantize(graph, scaled, output);
  },

  backward(graph, site, { inputs: [a, b], gradient, wanted }) {
    const [qa, qb] = site.inputQuantization;
    const [shapeA, shapeB] = site.inputShapes;
    const da = wanted[0]! ? graph.multiply(gradient, dequantize(graph, b!, qb!, qb!.scale)) : null;
    if (!wanted[1]!) return [da, null];
    const each = graph.multiply(gradient, dequantize(graph, a!, qa!, qa!.scale));
    return [da, sameShape(shapeA!, shapeB!) ? each : sumOverPositions(graph, each)];
  },
};

function sumOverPositions(graph: ProgramGraph, value: string): string {
  const sums = graph.node('ReduceSum', [graph.cast(value, 'double'), graph.int64([1, 2])]);
  return graph.cast(sums, 'float32');
}
