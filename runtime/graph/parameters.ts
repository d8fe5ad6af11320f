import type { LayerParameters } from './model.ts';

/** By node index, as an engine holds them. */
export type Parameters = ReadonlyMap<number, LayerParameters>;

/** With weights and biases of its own; `weightScales` never change and are shared. */
export function copyParameters(parameters: Parameters): Map<number, LayerParameters> {
  return new Map(
    Array.from(parameters, ([node, { weights, bias, weightScales }]) => [
      node,
      { weights: weights.slice(), bias: bias.slice(), weightScales },
    ]),
  );
}

/**
 * Makes the arrays of `target` hold the weights and biases of `source`, which has all its nodes; of a `share` above 0,
 * what lies so far on the way back to what they held: round(S + share * (T - S)), halves up.
 */
export function overwriteParameters(target: Parameters, source: Parameters, share = 0): void {
  for (const [node, own] of target) {
    for (const name of ['weights', 'bias'] as const) {
      const values = source.get(node)![name];
      own[name].forEach((value, i, all) => {
        all[i] = Math.round(values[i]! + share * (value - values[i]!));
      });
    }
  }
}
