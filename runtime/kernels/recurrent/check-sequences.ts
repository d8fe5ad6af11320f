// What recurrent layers take for granted, checked once when an engine opens.
import type { EngineInput } from '../../engine.ts';
import { InputError } from '../../errors.ts';
import { hiddenQuantization, linearMaps, rowsOf } from '../../graph/cell.ts';
import { isRecurrent } from '../../graph/graph.ts';
import type { RecurrentNode } from '../../graph/graph.ts';
import type { Shape } from '../../graph/shape.ts';
import { requireTrainable, stateFeedbackSize } from '../../learning/trainable.ts';

/** Throws InputError naming the first recurrent node that could not run, or not learn as the plan says. */
export function requireSequences(input: EngineInput, shapes: readonly Shape[]): void {
  const { model, modules, plan } = input;
  const { nodes } = model.graph;
  for (const [index, node] of nodes.entries()) {
    if (isRecurrent(node)) requireLayer(input, index, node, shapes[node.inputs[0]!]!);
  }
  requireTrainable(nodes, modules, plan);
  for (const feedback of input.stateFeedback) stateFeedbackSize(feedback, nodes);
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
