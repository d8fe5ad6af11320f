// Learning of a tail, module by module from its end. Forward keeps each module's input, and the other values of the
// last modules, as far as they take no more than the largest gradient will; those of the modules before are made again.
import { sizeOf } from '#runtime';
import type { StepRates } from '#runtime';

import {
  fillRange,
  inputOf,
  logitsFrom,
  logitsValue,
  releaseValue,
  releaseValues,
  valueAt,
} from './forward-range.ts';
import type { Range, RangeCall, Values } from './forward-range.ts';
import { learnExactly } from './learn-exactly.ts';
import type { Network } from './network.ts';
import { groupsOf, itemAt } from './site.ts';
import { softmaxError } from './softmax-error.ts';
import type { Texture } from './texture.ts';

export interface TailCall extends RangeCall {
  /** Of the range, in order. */
  readonly modules: readonly Range[];
  /** float32 [batch, classes] */
  readonly targets: Float32Array;
  readonly wantsInput: boolean;
}

/** The caller's; the logits from before the update. */
export interface TailTextures {
  readonly logits: Texture;
  readonly error: Texture;
  /** Null where it is not wanted. */
  readonly atInput: Texture | null;
}

/** Updates the layers of each module once its gradients are known: no other module reads them any more. */
export async function learnTail(
  network: Network,
  { range, input, batch, modules, targets, wantsInput }: TailCall,
  rates: StepRates,
): Promise<TailTextures> {
  const { gpu, shapes, layers } = network;
  const sizes = shapes.map(sizeOf);
  const padded = 4 * groupsOf(batch);
  const weights = Math.max(
    ...Array.from(layers.values(), (layer) => layer.parameters.weights.length),
  );
  // Gradients have four bytes where values and weights have one.
  const gradient = 4 * padded * Math.max(...sizes.slice(range.from));
  const most = Math.max(gradient - 4 * weights, weights);
  const held: Values[] = [];
  try {
    let start = input;
    for (const module of modules) {
      const { from, to } = module;
      const values = inputOf({ range: module, input: start, batch });
      held.push(values);
      await fillRange(network, module, values, batch);
      start = valueAt(values, Math.min(to, logitsValue(network)));
      const bytes = padded * sizes.slice(from + 1).reduce((sum, size) => sum + size, 0);
      if (to === range.to || bytes <= most) continue;
      for (let value = from + 1; value < to; value++) releaseValue(values, value);
    }
    const logits = logitsFrom(network, start, batch);
    const classes = itemAt(shapes, range.to)[2];
    const error = softmaxError(gpu, logits, targets, { classes, batch });
    let atEnd: Texture | null = error.retain();
    for (const module of modules.toReversed()) {
      const values = held.pop();
      if (atEnd === null || values === undefined) break;
      const exact = { range: module, values, gradient: atEnd, grid: null, batch, replaced: null };
      const isInputWanted = wantsInput || module.from > range.from;
      atEnd = await learnExactly(network, { ...exact, wantsInput: isInputWanted }, rates);
    }
    return { logits, error, atInput: atEnd };
  } finally {
    for (const values of held) releaseValues(values);
  }
}
