// One learning call on a range of nodes, by each of the ways an error can reach a layer. All
// updates are computed before the first is written, so a call that throws has changed nothing.
import type { StepRates } from '../engine.ts';
import type { ValueId } from '../graph/graph.ts';
import type { FeedbackCall } from './feedback.ts';
import { feedbackGradient } from './feedback.ts';
import { forwardRange, holdRange } from './forward-range.ts';
import type { ForwardCall, Values } from './forward-range.ts';
import type { Network } from './network.ts';
import { gate, rangeGradient } from './range-gradient.ts';
import { isLayerSite, sequencesOf } from './site.ts';
import type { LayerSite } from './site.ts';
import { runWeightGradient } from './table.ts';
import { applyUpdates, updateLayer } from './update.ts';
import type { LayerUpdate } from './update.ts';

type Feedbacks = ReadonlyMap<ValueId, FeedbackCall>;

export interface ExactCall {
  /** Every value of the range; emptied. */
  readonly values: Values;
  /** At the range's end. */
  readonly gradient: Float32Array;
  readonly wantsInput: boolean;
  /** Layers that take the gradient at the range's end through a feedback instead; no other gradient changes. */
  readonly feedbacks: Feedbacks;
}

/** Backpropagates through the range, updates its layers, returns the gradient at its input if wanted. */
export function learnExactly(
  network: Network,
  { range, batch, context }: ForwardCall,
  { values, gradient, wantsInput, feedbacks }: ExactCall,
  rates: StepRates,
): Float32Array | null {
  const updates: LayerUpdate[] = [];
  const atInput = rangeGradient(network.sites, {
    range,
    values,
    gradient,
    batch,
    wantsInput,
    visit(layer) {
      const feedback = feedbacks.get(layer.site.index + 1);
      const delta =
        feedback === undefined
          ? layer.gradient
          : gatedFeedback(feedback, gradient, layer.site, layer.output!, batch);
      updates.push(updateOf(network, { ...layer, gradient: delta, batch }, rates));
    },
    visitRecurrent(layer) {
      const { layerGradient, learnSequence } = sequencesOf(layer.site);
      const learned = learnSequence(layer.site, { ...layer, batch, context });
      const { input, hidden } = network.recurrentLayers.get(layer.site.index)!;
      updates.push(updateLayer(input, layerGradient(learned.input), rates));
      updates.push(updateLayer(hidden, layerGradient(learned.hidden), rates));
      return learned.atInput;
    },
  });
  applyUpdates(updates);
  return atInput;
}

/** The feedback gives the gradient at the range's end; exact inside. Returns the value there. */
export function learnLocally(
  network: Network,
  call: ForwardCall,
  { feedback, error }: { readonly feedback: FeedbackCall; readonly error: Float32Array },
  rates: StepRates,
): Uint8Array {
  const values = holdRange(network.sites, call);
  const output = values.get(call.range.to)!;
  const gradient = feedbackGradient(feedback, error, call.batch);
  const exact = { values, gradient, wantsInput: false, feedbacks: new Map() };
  learnExactly(network, call, exact, rates);
  return output;
}

/**
 * Each layer with a feedback takes its own: delta = feedback through the layer's own gate. Streaming:
 * a value is dropped after its last user, as in a forward pass. Returns the value at the end.
 */
export function learnDirectly(
  network: Network,
  call: ForwardCall,
  { feedbacks, error }: { readonly feedbacks: Feedbacks; readonly error: Float32Array },
  rates: StepRates,
): Uint8Array {
  const { batch } = call;
  const updates: LayerUpdate[] = [];
  const output = forwardRange(network.sites, call, (site, inputs, made) => {
    const feedback = feedbacks.get(site.index + 1);
    if (feedback === undefined || !isLayerSite(site)) return;
    const gradient = gatedFeedback(feedback, error, site, made, batch);
    updates.push(updateOf(network, { site, input: inputs[0]!, gradient, batch }, rates));
  });
  applyUpdates(updates);
  return output;
}

function gatedFeedback(
  feedback: FeedbackCall,
  error: Float32Array,
  site: LayerSite,
  output: Uint8Array,
  batch: number,
): Float32Array {
  const delta = feedbackGradient(feedback, error, batch);
  gate(site, delta, output);
  return delta;
}

interface LayerError {
  readonly site: LayerSite;
  readonly input: Uint8Array;
  readonly gradient: Float32Array;
  readonly batch: number;
}

function updateOf(
  { layers }: Network,
  { site, input, gradient, batch }: LayerError,
  rates: StepRates,
): LayerUpdate {
  return updateLayer(
    layers.get(site.index)!,
    runWeightGradient(site, input, gradient, batch),
    rates,
  );
}
