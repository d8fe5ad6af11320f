// A model one time step at a time: the same nodes on sequences of one step, with the states carried by
// the caller.
import type { EngineInput, SequenceState } from '../../engine.ts';
import type { Model } from '../../graph/model.ts';
import { sizeOf } from '../../graph/shape.ts';
import { requireStepwise } from '../../graph/stepwise.ts';
import { forwardRange, logitsFrom, logitsValue } from '../forward-range.ts';
import { requireLength } from '../handle.ts';
import { networkOf } from '../network.ts';
import type { Network } from '../network.ts';
import type { SequenceKernel } from '../sequence-kernel.ts';
import { plainContext } from './sequence-context.ts';

/** Throws UnsupportedError naming the first node whose value at a step needs more than that step and the states. */
export function stepNetworkOf(input: EngineInput, sequences: SequenceKernel | null): Network {
  requireStepwise(input.model.graph);
  return networkOf({ ...input, model: oneStep(input.model) }, sequences);
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
