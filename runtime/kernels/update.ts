// How a layer's integer gradient becomes its next weights.
import type { StepRates } from '../engine.ts';
import { EngineError } from '../errors.ts';
import type { LayerParameters } from '../graph/model.ts';
import type { LayerGradient } from './layer-kernel.ts';
import { noise, noiseOffset } from './noise.ts';
import { roundHalfEven } from './requantize.ts';

/** Norms of the exported weights and bias, against which a step is clipped. */
export interface LayerNorms {
  /** W0 = f32(sqrt(sum of (s_w w)^2) + 0.001). */
  readonly weights: number;
  /** B0 = f32(sqrt(sum of (s_x s_w b)^2) + 0.1), without rows whose weights are all 0. */
  readonly bias: number;
}

/** A layer as an update sees it. */
export interface UpdatedLayer {
  /** Node index; chooses the layer's noise. */
  readonly index: number;
  readonly name: string;
  readonly parameters: LayerParameters;
  readonly inputScale: number;
  readonly norms: LayerNorms;
  readonly weightLimit: number;
  /** Index of the first weight's noise: 0 but for a recurrent layer's second map. */
  readonly firstNoise: number;
}

/** Fresh arrays, to be written over `parameters` once every layer of a call has its own. */
export interface LayerUpdate {
  readonly parameters: LayerParameters;
  readonly weights: Int8Array;
  readonly bias: Int32Array;
}

/** In double, rounded once. `exported` holds what the package holds, not what was learned since. */
export function layerNorms(exported: LayerParameters, inputScale: number): LayerNorms {
  const { weights, bias, weightScales } = exported;
  const perRow = weights.length / weightScales.length;
  let ofWeights = 0;
  let ofBias = 0;
  for (let o = 0; o < bias.length; o++) {
    const row = weights.subarray(o * perRow, (o + 1) * perRow);
    for (const weight of row) ofWeights += (weightScales[o]! * weight) ** 2;
    if (row.some((weight) => weight !== 0)) {
      ofBias += (Math.fround(inputScale) * weightScales[o]! * bias[o]!) ** 2;
    }
  }
  return {
    weights: Math.fround(Math.sqrt(ofWeights) + 0.001),
    bias: Math.fround(Math.sqrt(ofBias) + 0.1),
  };
}

// u = f32(f32(s_d * s_x) * rate);  r[o] = f32(f32(f32(u * factor) * ratio) * f32(1 / s_w[o]))
// W' = min(limit, max(-limit, rne(f32(f32(W - f32(f32(A) * r[o])) + noise(i)))))
// u_b = f32(s_d * rate);  r_b[o] = f32(f32(f32(u_b * factor_b) * ratio) * f32(1 / f32(s_x * s_w[o])))
// b' = b - rne(f32(f32(a[o]) * r_b[o]))
export function updateLayer(
  layer: UpdatedLayer,
  gradient: LayerGradient,
  rates: StepRates,
): LayerUpdate {
  const { parameters, norms } = layer;
  const rate = Math.fround(rates.rate);
  const inputScale = Math.fround(layer.inputScale);
  const perUnit = Math.fround(Math.fround(gradient.errorScale * inputScale) * rate);
  const step = clippedStep(perUnit, gradient.weights, norms.weights, rates);
  const biasPerUnit = Math.fround(gradient.errorScale * rate);
  const biasStep = clippedStep(biasPerUnit, gradient.bias, norms.bias, rates);
  const inverse = parameters.weightScales.map((scale) => 1 / scale);
  const inverseBias = parameters.weightScales.map((scale) => 1 / Math.fround(inputScale * scale));
  return {
    parameters,
    weights: nextWeights(
      layer,
      gradient.weights,
      inverse.map((x) => step * x),
      rates,
    ),
    bias: nextBias(
      layer,
      gradient.bias,
      inverseBias.map((x) => biasStep * x),
    ),
  };
}

/** Writes in place what updateLayer computed. */
export function applyUpdates(updates: readonly LayerUpdate[]): void {
  for (const { parameters, weights, bias } of updates) {
    parameters.weights.set(weights);
    parameters.bias.set(bias);
  }
}

/** f32(f32(u * factor) * ratio), factor = min(1, f32(f32(clip * reference) / f32(u * norm))). */
function clippedStep(
  perUnit: number,
  sums: LayerGradient['weights'],
  reference: number,
  { clip, ratio }: StepRates,
): number {
  let squares = 0;
  for (let i = 0; i < sums.length; i++) squares += sums[i]! ** 2;
  const length = Math.fround(perUnit * Math.fround(Math.sqrt(squares)));
  const allowed = Math.fround(Math.fround(clip) * reference);
  const factor = length === 0 ? 1 : Math.min(1, Math.fround(allowed / length));
  return Math.fround(Math.fround(perUnit * factor) * Math.fround(ratio));
}

function nextWeights(
  { index, name, parameters, weightLimit, firstNoise }: UpdatedLayer,
  sums: LayerGradient['weights'],
  steps: Float32Array,
  { seed, step }: StepRates,
): Int8Array {
  requireFinite(steps, name);
  const offset = noiseOffset(seed, index, step) + firstNoise;
  const result = new Int8Array(sums.length);
  const perRow = sums.length / steps.length;
  for (let i = 0; i < result.length; i++) {
    const change = Math.fround(Math.fround(sums[i]!) * steps[Math.trunc(i / perRow)]!);
    const moved = Math.fround(parameters.weights[i]! - change);
    const rounded = roundHalfEven(Math.fround(moved + noise(i, offset)));
    result[i] = Math.min(weightLimit, Math.max(-weightLimit, rounded));
  }
  return result;
}

function nextBias(
  { name, parameters }: UpdatedLayer,
  sums: LayerGradient['weights'],
  steps: Float32Array,
): Int32Array {
  requireFinite(steps, name);
  return parameters.bias.map((bias, o) => {
    const next = bias - roundHalfEven(Math.fround(Math.fround(sums[o]!) * steps[o]!));
    if (next === (next | 0)) return next;
    throw new EngineError(
      `${name}: expected a bias within int32, got ${next}; nothing was updated: lower the learning rate`,
    );
  });
}

function requireFinite(steps: Float32Array, name: string): void {
  if (steps.every(Number.isFinite)) return;
  throw new EngineError(
    `${name}: expected a finite step, got a NaN or an infinity; nothing was updated: lower the learning rate`,
  );
}
