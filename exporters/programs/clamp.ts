// The fused activation of a layer or an addition, and its gate.
import { clampRange } from '#runtime';
import type { Clamp, Quantization } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';

/** min(hi, max(lo, y)) of a uint8 value; nothing is added where uint8 itself clamps so. */
export function clampValue(
  graph: ProgramGraph,
  value: string,
  clamp: Clamp | null,
  quantization: Quantization,
): string {
  const { lo, hi } = clampRange(clamp, quantization);
  if (lo === 0 && hi === 255) return value;
  return graph.node('Clip', [value, graph.scalar('uint8', lo), graph.scalar('uint8', hi)]);
}

/**
 * gate(y) = (y > lo or minimum = -Infinity) and (y < hi or maximum = Infinity) as float32 factors of 1 or 0; none where
 * nothing clamps. What a relu saturates at 255 keeps its gradient, since its maximum is infinite. A gate is a clip
 * to two neighbours read as 0 and 1: comparing and selecting takes three times as long.
 */
export function gatesOf(
  graph: ProgramGraph,
  output: string,
  clamp: Clamp | null,
  quantization: Quantization,
): string[] {
  if (clamp === null) return [];
  const { lo, hi } = clampRange(clamp, quantization);
  const gates: string[] = [];
  if (clamp.minimum !== -Infinity) gates.push(distance(graph, output, lo, Math.min(255, lo + 1)));
  if (clamp.maximum !== Infinity) gates.push(distance(graph, output, hi, Math.max(0, hi - 1)));
  return gates;
}

/** |y - limit| of y clipped to the limit and its neighbour: float32 0 or 1. */
function distance(graph: ProgramGraph, y: string, limit: number, neighbour: number): string {
  const ends = [Math.min(limit, neighbour), Math.max(limit, neighbour)];
  const clipped = graph.node('Clip', [y, ...ends.map((end) => graph.scalar('uint8', end))]);
  const sign = graph.scalar('float32', neighbour < limit ? -1 : 1);
  return graph.node('DequantizeLinear', [clipped, sign, graph.scalar('uint8', limit)]);
}
