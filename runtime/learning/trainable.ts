// What a plan may train in models of sequences, and the fixed maps it may use there.
import { InputError } from '../errors.ts';
import { cells } from '../graph/cell.ts';
import { isRecurrent } from '../graph/graph.ts';
import type { Node, RecurrentNode } from '../graph/graph.ts';
import type { Module } from '../graph/module.ts';
import type { Plan, Rule, StateFeedback } from './plan.ts';

/**
 * Throws InputError naming the node: embeddings and layers that run from the end are not trained, a recurrent
 * layer that is trained is a module of its own, and the plan says how its steps learn.
 */
export function requireTrainable(
  nodes: readonly Node[],
  modules: readonly Module[],
  plan: Plan,
): void {
  for (const [index, { from, to }] of modules.entries()) {
    const rule = plan.rules[index] ?? 'frozen';
    if (rule === 'frozen') continue;
    for (const node of nodes.slice(from, to)) requireTrainableNode(node, rule, to - from, plan);
  }
}

function requireTrainableNode(node: Node, rule: Rule, size: number, { recurrence }: Plan): void {
  if (node.operator === 'embedding') refuse(node, 'a frozen module, as of any embedding', rule);
  if (!isRecurrent(node)) return;
  if (node.attributes.reverse) refuse(node, 'a frozen module, since it runs from the end', rule);
  if (size > 1) refuse(node, 'a module of its own', `one of ${size} nodes`);
  if (rule === 'feedback-direct') refuse(node, 'rule feedback-local', rule);
  if (recurrence === null) refuse(node, 'a plan with a recurrence', 'none');
}

function refuse({ name }: Node, expected: string, got: string): never {
  throw new InputError(`${name}: expected ${expected}, got ${got}; export again with this plan`);
}

/** Rows and columns of a state feedback's matrix. Throws InputError where its node has no state or the sizes differ. */
export function stateFeedbackSize(
  { node, segments, matrix, scales }: StateFeedback,
  nodes: readonly Node[],
): readonly [rows: number, columns: number] {
  const own = nodes[node];
  if (own === undefined || !isRecurrent(own) || own.attributes.reverse) {
    throw new InputError(
      `state feedback: expected the index of a recurrent node that runs forwards, got ${node}`,
    );
  }
  const columns = stateSize(own);
  const rows = segments * own.attributes.hiddenSize;
  if (scales.length === rows && matrix.length === rows * columns) return [rows, columns];
  throw new InputError(
    `state feedback of ${own.name}: expected ${rows} rows of ${columns}, got ${scales.length} and ${matrix.length} entries`,
  );
}

/** Of the state that goes from step to step: the hidden state, then the cell state where there is one. */
function stateSize({ attributes }: RecurrentNode): number {
  return (cells[attributes.cell].hasCellState ? 2 : 1) * attributes.hiddenSize;
}
