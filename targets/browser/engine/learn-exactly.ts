// Backward through a range of nodes, from the gradient at its end, with an update of each layer as it is passed. Values
// and gradients are released as soon as they are used, so memory falls while it runs.
import { wantedValues } from '#runtime';
import type { StepRates, ValueId } from '#runtime';

import type { FeedbackCall } from './feedback.ts';
import { fillRange, inputsOf, layerAt, releaseValue, releaseValues } from './forward-range.ts';
import type { Range, Values } from './forward-range.ts';
import { gated, sourceAt } from './gradient.ts';
import type { Grid } from './grid.ts';
import type { GradientHandle } from './handle.ts';
import type { LayerPart } from './input-gradient.ts';
import type { Network } from './network.ts';
import { runBackward } from './operators/table.ts';
import type { OperatorSite } from './operators/table.ts';
import { isLayerSite, itemAt } from './site.ts';
import type { LayerSite } from './site.ts';
import type { Texture } from './texture.ts';
import { quantizedAt, updateByFeedback, updateLayer } from './update-layer.ts';
import { ValueGradients } from './value-gradients.ts';

/** Layers that take another gradient than their own, each by the feedback to the value it makes. */
export interface LayerFeedbacks {
  readonly feedbacks: ReadonlyMap<ValueId, FeedbackCall>;
  readonly source: GradientHandle;
}

export interface ExactCall {
  readonly range: Range;
  /** Of the range, its input at least; taken over. The others are made. */
  readonly values: Values;
  /** At the range's end, on `grid` unless that is null; taken over. */
  readonly gradient: Texture;
  readonly grid: Grid | null;
  readonly batch: number;
  readonly wantsInput: boolean;
  /** Null where all layers take their own; the gradients that are passed on are the same. */
  readonly replaced: LayerFeedbacks | null;
}

/** A gradient on its way through one node, which releases it as soon as it can. */
interface Passing<Site> {
  readonly site: Site;
  readonly gradient: Texture;
  readonly grid: Grid | null;
  /** Of each input, whether its gradient is wanted. */
  readonly wants: readonly boolean[];
}

/** Backpropagates through the range, updates its layers, returns the gradient at its input if wanted, the caller's. */
export async function learnExactly(
  network: Network,
  call: ExactCall,
  rates: StepRates,
): Promise<Texture | null> {
  const { gpu, sites } = network;
  const { range, values } = call;
  const gradients = new ValueGradients(gpu, call.batch);
  gradients.add(range.to, call.gradient);
  const own = sites.slice(range.from, range.to);
  const wanted = wantedValues(own, isLayerSite, call.wantsInput ? range.from : null);
  try {
    await fillRange(network, range, values, call.batch);
    for (const site of own.toReversed()) {
      await gpu.breathe();
      const value = site.index + 1;
      const gradient = gradients.take(value);
      // Only the range's last node reads the gradient at its end.
      const grid = value === range.to ? call.grid : null;
      const wants = site.inputs.map((input) => wanted.has(input));
      if (gradient === null) {
        // Nothing after it learns.
      } else if (isLayerSite(site)) {
        const part = throughLayer(network, call, { site, gradient, grid, wants }, rates);
        if (part !== null) gradients.addPart(itemAt(site.inputs, 0), part);
      } else {
        const parts = throughOperator(network, call, { site, gradient, grid, wants });
        for (const [index, part] of parts.entries()) {
          if (part !== null) gradients.add(itemAt(site.inputs, index), part);
        }
      }
      releaseValue(values, value);
    }
    return gradients.take(range.from);
  } finally {
    releaseValues(values);
    gradients.release();
  }
}

function throughLayer(
  network: Network,
  { values, batch, replaced }: ExactCall,
  { site, gradient, grid, wants }: Passing<LayerSite>,
  rates: StepRates,
): LayerPart | null {
  const layer = layerAt(network.layers, site.index);
  const output = values.get(site.index + 1) ?? null;
  const pass = { layer, input: itemAt(inputsOf(site, values), 0), output, batch };
  const feedback = replaced?.feedbacks.get(site.index + 1);
  const isPassedOn = wants.includes(true);
  let part: LayerPart | null = null;
  if (feedback === undefined || isPassedOn) {
    const quantized = quantizedAt(network, pass, { gradient, grid, isPassedOn });
    const { range, error, scaled } = quantized;
    // By the weights from before the update.
    const { geometry, weights } = layer;
    if (scaled !== null) {
      part = { geometry, weights: weights.retain(), errors: scaled, range: range.retain() };
    }
    if (feedback === undefined) updateLayer(network, pass, quantized, rates);
    error.release();
    range.release();
  } else {
    gradient.release();
  }
  if (feedback !== undefined && replaced !== null) {
    updateByFeedback(network, pass, { feedback, source: replaced.source }, rates);
  }
  return part;
}

function throughOperator(
  { gpu, tables }: Network,
  { values, batch }: ExactCall,
  { site, gradient, grid, wants }: Passing<OperatorSite>,
): readonly (Texture | null)[] {
  const output = values.get(site.index + 1);
  if (output === undefined || !wants.includes(true)) {
    gradient.release();
    return [];
  }
  const own = gated(gpu, sourceAt(site, { gradient, grid, output, batch }));
  gradient.release();
  const parts = runBackward(gpu, site, {
    inputs: inputsOf(site, values),
    output,
    gradient: own,
    batch,
    wanted: wants,
    table: tables.get(site.index) ?? null,
  });
  own.release();
  return parts;
}
