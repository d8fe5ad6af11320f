import type { FloatArray, FloatParameters } from '../../float/array.ts';
import type { ProgramGraph } from '../program-graph.ts';
import type { FloatTrainedSite } from './float-operator.ts';

/** float32 [outputs, weights per output], of a recurrent layer flat: an input where the layer is trained, else built in. */
export function floatWeights(graph: ProgramGraph, site: FloatTrainedSite): string {
  const { weights, bias } = parametersOf(site);
  return tensor(graph, site, `weights:${site.index}`, {
    data: weights,
    dimensions:
      site.operator === 'recurrent'
        ? [weights.length]
        : [bias.length, weights.length / bias.length],
  });
}

/** float32 [outputs]. */
export function floatBias(graph: ProgramGraph, site: FloatTrainedSite): string {
  const { bias } = parametersOf(site);
  return tensor(graph, site, `bias:${site.index}`, { data: bias, dimensions: [bias.length] });
}

export function parametersOf({
  index,
  parameters,
}: Pick<FloatTrainedSite, 'index' | 'parameters'>): FloatParameters {
  if (parameters !== null) return parameters;
  throw new TypeError(`node ${index}: expected a layer with weights, got none`);
}

function tensor(
  graph: ProgramGraph,
  { isTrained }: FloatTrainedSite,
  name: string,
  { data, dimensions }: { readonly data: FloatArray; readonly dimensions: readonly number[] },
): string {
  if (isTrained) return graph.sharedInput(name, 'float32', dimensions);
  return graph.once(name, () => graph.constant(name, Float32Array.from(data), dimensions));
}
