// One learning call on a range of nodes by feedback, at its end or at each layer.
import type { StepRates } from '#runtime';

import { feedbackCells } from './feedback.ts';
import type { FeedbackCall } from './feedback.ts';
import { fillRange, forwardRange, inputOf, layerAt, valueAt } from './forward-range.ts';
import type { RangeCall } from './forward-range.ts';
import type { GradientHandle } from './handle.ts';
import { learnExactly } from './learn-exactly.ts';
import type { LayerFeedbacks } from './learn-exactly.ts';
import type { Network } from './network.ts';
import { isLayerSite, itemAt } from './site.ts';
import type { Texture } from './texture.ts';
import { updateByFeedback } from './update-layer.ts';

/** The feedback gives the gradient at the range's end; exact inside. Returns the value there, the caller's. */
export async function learnLocally(
  network: Network,
  call: RangeCall,
  { feedback, source }: { readonly feedback: FeedbackCall; readonly source: GradientHandle },
  rates: StepRates,
): Promise<Texture> {
  const { range, batch } = call;
  const values = inputOf(call);
  await fillRange(network, range, values, batch);
  const output = valueAt(values, range.to).retain();
  const gradient = feedbackCells(network, feedback, source);
  const { grid } = feedback;
  const exact = { range, values, gradient, grid, batch, wantsInput: false, replaced: null };
  await learnExactly(network, exact, rates);
  return output;
}

/**
 * Each layer with a feedback takes its own: delta = feedback through the layer's own gate. Streaming:
 * a value is released after its last user, as in a forward pass. Returns the value at the end, the caller's.
 */
export function learnDirectly(
  network: Network,
  call: RangeCall,
  { feedbacks, source }: LayerFeedbacks,
  rates: StepRates,
): Promise<Texture> {
  const { batch } = call;
  return forwardRange(network, call, (site, inputs, output) => {
    const feedback = feedbacks.get(site.index + 1);
    if (feedback === undefined || !isLayerSite(site)) return;
    const layer = layerAt(network.layers, site.index);
    const pass = { layer, input: itemAt(inputs, 0), output, batch };
    updateByFeedback(network, pass, { feedback, source }, rates);
  });
}
