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

/** Makes the arrays of `target` hold the weights and biases of `source`, which has all its nodes. */
export function overwriteParameters(target: Parameters, source: Parameters): void {
  for (const [node, { weights, bias }] of target) {
    weights.set(source.get(node)!.weights);
    bias.set(source.get(node)!.bias);
  }
}
