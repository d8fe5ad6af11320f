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
 * g where gate(y), else 0: gate = (y > lo or minimum = -Infinity) and (y < hi or maximum = Infinity).
 * What a relu saturates at 255 keeps its gradient, since its maximum is infinite.
 */
export function gateGradient(
  graph: ProgramGraph,
  { gradient, output }: { gradient: string; output: string },
  clamp: Clamp | null,
  quantization: Quantization,
): string {
  if (clamp === null) return gradient;
  const { lo, hi } = clampRange(clamp, quantization);
  const open: string[] = [];
  if (clamp.minimum !== -Infinity) {
    open.push(graph.node('Greater', [output, graph.scalar('uint8', lo)]));
  }
  if (clamp.maximum !== Infinity) {
    open.push(graph.node('Less', [output, graph.scalar('uint8', hi)]));
  }
  if (open.length === 0) return gradient;
  const isOpen = open.length === 1 ? open[0]! : graph.node('And', open);
  return graph.node('Where', [isOpen, gradient, graph.scalar('float32', 0)]);
}
