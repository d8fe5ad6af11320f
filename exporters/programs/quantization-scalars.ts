import type { Quantization } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';

/** The scale (float32) and zero point (uint8) of a value, as quantised operators take them. */
export function quantizationScalars(
  graph: ProgramGraph,
  { scale, zeroPoint }: Quantization,
): [scale: string, zeroPoint: string] {
  return [graph.scalar('float32', scale), graph.scalar('uint8', zeroPoint)];
}

/** f32(f32(x - z) * multiplier) of a uint8 value: float32, same shape. */
export function dequantize(
  graph: ProgramGraph,
  value: string,
  { zeroPoint }: Quantization,
  multiplier: number,
): string {
  const scale = graph.scalar('float32', multiplier);
  return graph.node('DequantizeLinear', [value, scale, graph.scalar('uint8', zeroPoint)]);
}

/** min(255, max(0, rne(x) + z)) of a float32 value in units of the output: uint8, same shape. */
export function quantize(graph: ProgramGraph, value: string, { zeroPoint }: Quantization): string {
  const one = graph.scalar('float32', 1);
  return graph.node('QuantizeLinear', [value, one, graph.scalar('uint8', zeroPoint)]);
}
