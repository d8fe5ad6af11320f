// A model one time step at a time: the same nodes on sequences of one step, with the states carried by
// the caller.
import type { EngineInput, SequenceState } from '../../engine.ts';
import { UnsupportedError } from '../../errors.ts';
import { inferShapes } from '../../graph/graph.ts';
import type { Graph, Node } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import type { Window } from '../../graph/operator.ts';
import { sizeOf } from '../../graph/shape.ts';
import { forwardRange, logitsFrom, logitsValue } from '../forward-range.ts';
import { requireLength } from '../handle.ts';
import { networkOf } from '../network.ts';
import type { Network } from '../network.ts';
import { plainContext } from './sequence-context.ts';

/** Throws UnsupportedError naming the first node whose value at a step needs more than that step and the states. */
export function stepNetworkOf(input: EngineInput): Network {
  requireStepwise(input.model.graph);
  return networkOf({ ...input, model: oneStep(input.model) });
}

/** Logits [batch, classes] after one step of each sequence, and the states after it, fresh. */
export function predictStep(
  { sites, shapes, inputSteps }: Network,
  samples: Uint8Array,
  batch: number,
  state: SequenceState | null,
): { readonly logits: Float32Array; readonly state: SequenceState } {
  const input = requireLength('predictStep', samples, batch, sizeOf(shapes[0]!));
  const context = plainContext(inputSteps, { state: state ?? undefined });
  const range = { from: 0, to: logitsValue(sites) };
  const value = forwardRange(sites, { range, input, batch, context });
  return { logits: logitsFrom(sites, value, batch), state: context.finalStates };
}

function oneStep(model: Model): Model {
  const [, width, channels] = model.graph.inputShape;
  return { ...model, graph: { ...model.graph, inputShape: [1, width, channels] } };
}

/** Follows which values hold something of every step, and which sum up the steps so far. Throws as stepNetworkOf. */
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
