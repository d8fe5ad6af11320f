import { isPointwise } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';
import { stackedViews } from './window-views.ts';
import type { ViewedValue, WindowView } from './window-views.ts';

/**
 * What a window reads, one row per position, for a single matrix product:
 * [n * positions, offsets * channels], or [groups, n * positions, offsets * channels within the group].
 */
export function windowColumns(
  graph: ProgramGraph,
  view: WindowView,
  viewed: ViewedValue,
  groups: number,
): string {
  const offsets = view.window.kernel[0] * view.window.kernel[1];
  const stacked = isPointwise(view.window) ? viewed.value : stackedViews(graph, view, viewed);
  if (groups === 1) return graph.reshape(stacked, [-1, offsets * viewed.channels]);
  const perGroup = viewed.channels / groups;
  const split = graph.reshape(stacked, [-1, offsets, groups, perGroup]);
  return graph.reshape(graph.transpose(split, [2, 0, 1, 3]), [groups, -1, offsets * perGroup]);
}
