// One learning call on a range of nodes, by each of the ways an error can reach a layer.
import type { StepRates, ValueId } from '#runtime';

import { feedbackCells } from './feedback.ts';
import type { FeedbackCall } from './feedback.ts';
import { forwardRange, holdRange, layerAt, valueAt } from './forward-range.ts';
import type { RangeCall, Values } from './forward-range.ts';
import { gateOf } from './gradient.ts';
import type { Grid } from './grid.ts';
import { GradientHandle } from './handle.ts';
import { LayerUpdates, requireLayerSummable } from './layer-updates.ts';
import type { LearningLayer, Network } from './network.ts';
import { quantizeError } from './quantize-error.ts';
import { rangeGradient } from './range-gradient.ts';
import { isLayerSite, itemAt, quadsOf, texelsOf } from './site.ts';
import type { Texture } from './texture.ts';

type Feedbacks = ReadonlyMap<ValueId, FeedbackCall>;

export interface ExactCall {
  /** Every value of the range, taken over. */
  readonly values: Values;
  /** At the range's end, on `grid` unless that is null; stays the caller's. */
  readonly gradient: GradientHandle;
  readonly grid: Grid | null;
  readonly wantsInput: boolean;
  /** Layers that take the gradient at the range's end through a feedback instead; no other gradient changes. */
  readonly feedbacks: Feedbacks;
}

/** Backpropagates through the range, updates its layers, returns the gradient at its input if wanted. */
export async function learnExactly(
  network: Network,
  { range, batch }: RangeCall,
  { values, gradient, grid, wantsInput, feedbacks }: ExactCall,
  rates: StepRates,
): Promise<Texture | null> {
  for (const layer of network.layers.values()) {
    const { index } = layer.site;
    if (index >= range.from && index < range.to) requireLayerSummable(layer, batch);
  }
  const updates = new LayerUpdates(network, rates);
  try {
    const atInput = await rangeGradient(network, {
      range,
      values,
      gradient: gradient.texture,
      grid,
      batch,
      wantsInput,
      isReplaced: (site) => feedbacks.has(site.index + 1),
      visit({ layer, input, output, quantized }) {
        const feedback = feedbacks.get(layer.site.index + 1);
        if (feedback === undefined) {
          if (quantized !== null) updates.add({ layer, values: input, quantized, batch });
          return;
        }
        const site = { layer, input, output, batch };
        updateByFeedback(network, updates, { feedback, source: gradient }, site);
      },
    });
    updates.commit();
    return atInput;
  } finally {
    updates.drop();
  }
}

/** The feedback gives the gradient at the range's end; exact inside. Returns the value there, the caller's. */
export async function learnLocally(
  network: Network,
  call: RangeCall,
  { feedback, error }: { readonly feedback: FeedbackCall; readonly error: GradientHandle },
  rates: StepRates,
): Promise<Texture> {
  const values = await holdRange(network, call);
  const output = valueAt(values, call.range.to).retain();
  const texture = feedbackCells(network.gpu, network.failures, feedback, error);
  const gradient = new GradientHandle(texture, feedback.targetShape, call.batch);
  const { grid } = feedback;
  const exact = { values, gradient, grid, wantsInput: false, feedbacks: new Map() };
  try {
    (await learnExactly(network, call, exact, rates))?.release();
  } finally {
    gradient.dispose();
  }
  return output;
}

/**
 * Each layer with a feedback takes its own: delta = feedback through the layer's own gate. Streaming:
 * a value is released after its last user, as in a forward pass. Returns the value at the end, the caller's.
 */
export async function learnDirectly(
  network: Network,
  call: RangeCall,
  { feedbacks, error }: { readonly feedbacks: Feedbacks; readonly error: GradientHandle },
  rates: StepRates,
): Promise<Texture> {
  const { batch } = call;
  for (const value of feedbacks.keys())
    requireLayerSummable(layerAt(network.layers, value - 1), batch);
  const updates = new LayerUpdates(network, rates);
  try {
    const output = await forwardRange(network, call, (site, inputs, made) => {
      const feedback = feedbacks.get(site.index + 1);
      if (feedback === undefined || !isLayerSite(site)) return;
      const layer = layerAt(network.layers, site.index);
      const input = itemAt(inputs, 0);
      updateByFeedback(
        network,
        updates,
        { feedback, source: error },
        { layer, input, output: made, batch },
      );
    });
    updates.commit();
    return output;
  } finally {
    updates.drop();
  }
}

interface LayerPass {
  readonly layer: LearningLayer;
  readonly input: Texture;
  /** Null where the layer makes logits. */
  readonly output: Texture | null;
  readonly batch: number;
}

function updateByFeedback(
  { gpu, failures }: Network,
  updates: LayerUpdates,
  { feedback, source }: { readonly feedback: FeedbackCall; readonly source: GradientHandle },
  { layer, input, output, batch }: LayerPass,
): void {
  const { outputShape } = layer.site;
  const gradient = feedbackCells(gpu, failures, feedback, source);
  const quantized = quantizeError(
    gpu,
    {
      gradient,
      grid: feedback.grid,
      gate: gateOf(layer.site, output),
      constants: null,
      count: texelsOf(outputShape, batch),
      quads: quadsOf(outputShape),
    },
    { previous: failures.status, failure: layer.badGradient },
  );
  gradient.release();
  failures.follow(quantized.range);
  updates.add({ layer, values: input, quantized, batch });
  quantized.error.release();
  quantized.range.release();
}
