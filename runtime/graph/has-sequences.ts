import type { Graph } from './graph.ts';
import type { OperatorName } from './operator.ts';

/** Whether a model needs what is known of recurrent layers and tokens, which is loaded for such models only. */
export function hasSequences({ nodes }: Graph): boolean {
  return nodes.some(isOfSequences);
}

export function isOfSequences<Own extends { readonly operator: OperatorName }>(
  node: Own,
): node is Extract<Own, { readonly operator: 'recurrent' | 'embedding' }> {
  return node.operator === 'recurrent' || node.operator === 'embedding';
}
