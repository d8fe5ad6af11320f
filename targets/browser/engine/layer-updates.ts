// The updates of one learning call: all are made beside the old weights, and take their place only
// when the call is done. Where any layer of the call fails, all of them keep their weights.
import { noiseOffset, requireSummable } from '#runtime';
import type { StepRates } from '#runtime';

import type { LearningLayer, Network } from './network.ts';
import type { QuantizedError } from './quantize-error.ts';
import { stepsOf } from './step.ts';
import type { Texture } from './texture.ts';
import { committedWeights, updatedWeights } from './update.ts';
import { weightGradient } from './weight-gradient.ts';

export interface LayerError {
  readonly layer: LearningLayer;
  /** What the layer read. */
  readonly values: Texture;
  /** Q of the gradient of what it made. */
  readonly quantized: QuantizedError;
  readonly batch: number;
}

export class LayerUpdates {
  readonly #network: Network;
  readonly #rates: StepRates;
  readonly #updates: { readonly layer: LearningLayer; readonly updated: Texture }[] = [];

  constructor(network: Network, rates: StepRates) {
    this.#network = network;
    this.#rates = rates;
  }

  /** Makes a layer's new weights; textures stay the caller's. */
  add({ layer, values, quantized, batch }: LayerError): void {
    const { gpu, failures, weightLimit } = this.#network;
    const { geometry, constants, weights, inputZero, inputScale, norms, badStep, badBias } = layer;
    const { error: errors, range } = quantized;
    const sums = weightGradient(gpu, { geometry, errors, range, values, inputZero, batch });
    const { rate, clip, ratio, step, seed } = this.#rates;
    const steps = stepsOf(
      gpu,
      geometry.matrix,
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
    const offset = noiseOffset(seed, layer.site.index, step);
    const updated = updatedWeights(
      gpu,
      geometry.matrix,
      { sums, weights, constants, steps },
      { noiseOffset: offset, limit: weightLimit },
    );
    this.#updates.push({ layer, updated });
    sums.release();
    steps.release();
  }

  /** Puts the new weights in place. The last update has seen every failure before it. */
  commit(): void {
    const { gpu, failures } = this.#network;
    const last = this.#updates.length - 1;
    for (const [index, { layer, updated }] of this.#updates.entries()) {
      const { weights } = layer;
      layer.weights =
        index === last
          ? updated
          : committedWeights(gpu, { weights, updated, status: failures.status });
      if (index !== last) updated.release();
      weights.release();
    }
    this.#updates.length = 0;
  }

  /** Gives back what was not committed. */
  drop(): void {
    for (const { updated } of this.#updates) updated.release();
    this.#updates.length = 0;
  }
}

/** Throws EngineError where a layer's sums over a batch could leave int32. */
export function requireLayerSummable({ site }: LearningLayer, batch: number): void {
  const [height, width] = site.outputShape;
  requireSummable(site.name, height * width, batch);
}
