// The update of one layer from the gradient of what it made, or from a feedback instead. Its new weights take the old
// ones' place at once. From the first failure on, all layers keep the weights that they have.
import { noiseOffset } from '#runtime';
import type { StepRates } from '#runtime';

import { feedbackCells } from './feedback.ts';
import type { FeedbackCall } from './feedback.ts';
import { sourceAt } from './gradient.ts';
import type { Grid } from './grid.ts';
import type { GradientHandle } from './handle.ts';
import type { LearningLayer, Network } from './network.ts';
import { quantizeError } from './quantize-error.ts';
import type { QuantizedError } from './quantize-error.ts';
import { stepsOf } from './step.ts';
import type { Texture } from './texture.ts';
import { updatedWeights } from './update.ts';
import { weightGradient } from './weight-gradient.ts';

/** A layer as a call passes it; the textures stay the caller's. */
export interface LayerPass {
  readonly layer: LearningLayer;
  readonly input: Texture;
  /** Null where the layer makes logits. */
  readonly output: Texture | null;
  readonly batch: number;
}

/** Q of the gradient of what the layer made, through its gate, the caller's. Takes the gradient over. */
export function quantizedAt(
  network: Network,
  { layer, output, batch }: LayerPass,
  {
    gradient,
    grid,
    isPassedOn,
  }: { readonly gradient: Texture; readonly grid: Grid | null; readonly isPassedOn: boolean },
): QuantizedError {
  const { site, constants, badGradient } = layer;
  const source = sourceAt(site, { gradient, grid, output, batch });
  const quantized = quantizeError(
    network,
    { ...source, constants: isPassedOn ? constants : null },
    badGradient,
  );
  gradient.release();
  return quantized;
}

/** The layer takes the gradient that the feedback gives from `source`. */
export function updateByFeedback(
  network: Network,
  pass: LayerPass,
  { feedback, source }: { readonly feedback: FeedbackCall; readonly source: GradientHandle },
  rates: StepRates,
): void {
  const gradient = feedbackCells(network, feedback, source);
  const { grid } = feedback;
  const quantized = quantizedAt(network, pass, { gradient, grid, isPassedOn: false });
  updateLayer(network, pass, quantized, rates);
  quantized.error.release();
  quantized.range.release();
}

/** Gives the layer its new weights; the textures of the error stay the caller's. */
export function updateLayer(
  { gpu, failures, weightLimit }: Network,
  { layer, input: values, batch }: LayerPass,
  { error: errors, range }: QuantizedError,
  { rate, clip, ratio, step, seed }: StepRates,
): void {
  const { geometry, constants, weights, inputZero, inputScale, norms, badStep, badBias } = layer;
  const { matrix } = geometry;
  const sums = weightGradient(gpu, { geometry, errors, range, values, inputZero, batch });
  const steps = stepsOf(
    gpu,
    matrix,
    { sums, constants, weights, range },
    {
      inputScale,
      rate: Math.fround(rate),
      ratio: Math.fround(ratio),
      allowed: Math.fround(Math.fround(clip) * norms.weights),
      allowedBias: Math.fround(Math.fround(clip) * norms.bias),
      badStep,
      badBias,
    },
  );
  failures.follow(steps);
  layer.weights = updatedWeights(
    gpu,
    matrix,
    { sums, weights, constants, steps },
    { noiseOffset: noiseOffset(seed, layer.site.index, step), limit: weightLimit },
  );
  for (const texture of [weights, sums, steps]) texture.release();
}
