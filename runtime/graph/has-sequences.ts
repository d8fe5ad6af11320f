import type { Graph } from './graph.ts';

/** Whether a model needs what is known of recurrent layers and tokens, which is loaded for such models only. */
export function hasSequences({ nodes }: Graph): boolean {
  return nodes.some(({ operator }) => operator === 'recurrent' || operator === 'embedding');
}
