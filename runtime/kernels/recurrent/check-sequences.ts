// What recurrent layers take for granted, checked once when an engine opens.
import type { EngineInput } from '../../engine.ts';
import { InputError } from '../../errors.ts';
import { cells, hiddenQuantization, linearMaps, rowsOf } from '../../graph/cell.ts';
import { isRecurrent } from '../../graph/graph.ts';
import type { Node, RecurrentNode } from '../../graph/graph.ts';
import type { Shape } from '../../graph/shape.ts';
import type { Rule } from '../../learning/plan.ts';

/** Throws InputError naming the first recurrent node that could not run, or not learn as the plan says. */
export function requireSequences(input: EngineInput, shapes: readonly Shape[]): void {
  const { model, modules, plan } = input;
  const { nodes } = model.graph;
  for (const [index, node] of nodes.entries()) {
    if (isRecurrent(node)) requireLayer(input, index, node, shapes[node.inputs[0]!]!);
  }
  for (const [index, { from, to }] of modules.entries()) {
    const rule = plan.rules[index] ?? 'frozen';
    if (rule === 'frozen') continue;
    for (const node of nodes.slice(from, to)) requireTrainable(node, rule, to - from, input);
  }
  for (const { node, segments, matrix, scales } of input.stateFeedback) {
    const own = nodes[node];
    const rows = own && isRecurrent(own) ? segments * own.attributes.hiddenSize : 0;
    const width = own && isRecurrent(own) ? stateSize(own) : 0;
    if (rows > 0 && scales.length === rows && matrix.length === rows * width) continue;
    throw new InputError(
      `state feedback of ${own?.name ?? node}: expected ${rows} rows of ${width} for a recurrent node, got ${scales.length} and ${matrix.length} entries`,
    );
  }
}

function requireLayer(
  { model, parameters }: EngineInput,
  index: number,
  { name, attributes }: RecurrentNode,
  input: Shape,
): void {
  const own = parameters.get(index);
  if (own === undefined) {
    throw new InputError(`${name}: expected weights of ${rowsOf(attributes)} rows, got none`);
  }
  linearMaps(own, attributes, input[2]);
  if (!own.weightScales.every((scale) => scale > 0 && scale < Infinity)) {
    throw new InputError(`${name}: expected positive weight scales, got one that is not`);
  }
  const made = model.quantization[index + 1];
  const { scale, zeroPoint } = hiddenQuantization;
  if (made?.scale === scale && made.zeroPoint === zeroPoint) return;
  throw new InputError(
    `${name}: expected hidden states of scale ${scale} and zero point ${zeroPoint}, got ${made?.scale ?? 'none'} and ${made?.zeroPoint ?? 'none'}`,
  );
}

function requireTrainable(node: Node, rule: Rule, size: number, { plan }: EngineInput): void {
  if (node.operator === 'embedding') refuse(node, 'a frozen module, as any embedding', rule);
  if (!isRecurrent(node)) return;
  if (node.attributes.reverse) refuse(node, 'a frozen module, since it runs from the end', rule);
  if (size > 1) refuse(node, 'a module of its own', `one of ${size} nodes`);
  if (rule === 'feedback-direct') refuse(node, 'rule feedback-local', rule);
  if (plan.recurrence === null) refuse(node, 'a plan with a recurrence', 'none');
}

function stateSize({ attributes }: RecurrentNode): number {
  return (cells[attributes.cell].hasCellState ? 2 : 1) * attributes.hiddenSize;
}

function refuse({ name }: Node, expected: string, got: string): never {
  throw new InputError(`${name}: expected ${expected}, got ${got}; export again with this plan`);
}
