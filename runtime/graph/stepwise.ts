// Which models can run one time step at a time.
import { UnsupportedError } from '../errors.ts';
import { inferShapes } from './graph.ts';
import type { Graph, Node } from './graph.ts';
import type { Window } from './operator.ts';

/**
 * Throws UnsupportedError naming the first node whose value at a step depends on other steps than by a
 * recurrent layer's state. It follows which values hold something of every step, and which sum up the
 * steps so far.
 */
export function requireStepwise(graph: Graph): void {
  const shapes = inferShapes(graph);
  const isOfSteps = [true];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => isOfSteps[value]!);
    const steps = shapes[node.inputs[0]!]![0];
    const reason = whyNot(node, inputs, steps);
    if (reason !== null) {
      throw new UnsupportedError(
        `predictStep: expected a model that can run one step at a time, got ${node.name}, ${reason}; predict whole sequences`,
      );
    }
    isOfSteps.push(
      inputs[0]! && !(node.operator === 'recurrent' && node.attributes.output === 'last'),
    );
  }
}

function whyNot(node: Node, ofSteps: readonly boolean[], steps: number): string | null {
  if (ofSteps.includes(true) && ofSteps.includes(false)) {
    return 'which joins values of each step with values of all';
  }
  if (node.operator === 'recurrent') {
    if (node.attributes.reverse) return 'which runs from the last step';
    return ofSteps[0]! ? null : 'which runs over what other steps sum up to';
  }
  if (!ofSteps[0]!) return null;
  if (node.operator === 'dense' && steps > 1) return 'which reads all steps';
  return 'window' in node.attributes && !isOfOneStep(node.attributes.window)
    ? 'a window over time'
    : null;
}

function isOfOneStep({ kernel, stride, pads }: Window): boolean {
  return kernel[0] === 1 && stride[0] === 1 && pads[0] === 0 && pads[2] === 0;
}
