import { expTable } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';

// t = min(4095, rne(f32(f32(max_c L - L) * 256))), E = expTable[t], Z = sum E,
// error = f32(f32(f32(E) / f32(Z)) - T)
/**
 * softmax(logits) - targets, both float32 [n, height, width, classes]. Where there are several positions, the error is
 * 0 at those whose targets sum to 0.
 */
export function softmaxError(
  graph: ProgramGraph,
  logits: string,
  { targets, positions }: { readonly targets: string; readonly positions: number },
): string {
  const largest = graph.node('ReduceMax', [logits, graph.int64([3])]);
  const distance = graph.multiply(graph.subtract(largest, logits), graph.scalar('float32', 256));
  const t = graph.node('Min', [graph.node('Round', [distance]), graph.scalar('float32', 4095)]);
  const table = graph.constant('expTable', expTable, [expTable.length]);
  const exponentials = graph.node('Gather', [table, graph.cast(t, 'int32')]);
  const sum = graph.node('ReduceSum', [exponentials, graph.int64([3])]);
  const share = graph.divide(graph.cast(exponentials, 'float32'), graph.cast(sum, 'float32'));
  const error = graph.subtract(share, targets);
  if (positions === 1) return error;
  const zero = graph.scalar('float32', 0);
  const total = graph.node('ReduceSum', [targets, graph.int64([3])]);
  return graph.node('Where', [graph.node('Equal', [total, zero]), zero, error]);
}
