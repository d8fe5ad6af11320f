// A recurrent layer's two linear maps as an update sees them.
import { hiddenQuantization, linearMaps } from '../../graph/cell.ts';
import type { LinearMaps } from '../../graph/cell.ts';
import type { Model } from '../../graph/model.ts';
import type { UpdatedMaps } from '../network.ts';
import { parametersOf } from '../site.ts';
import type { Site } from '../site.ts';
import { layerNorms } from '../update.ts';
import type { UpdatedLayer } from '../update.ts';

/** Views of the site's parameters, clipped against those of the model. */
export function updatedMaps(site: Site<'recurrent'>, { layers, weightLimit }: Model): UpdatedMaps {
  const { index, name, attributes } = site;
  const [, , features] = site.inputShapes[0]!;
  const own = parametersOf(site);
  const now = linearMaps(own, attributes, features);
  const exported = linearMaps(layers.get(index) ?? own, attributes, features);
  const mapOf = (key: keyof LinearMaps, inputScale: number, firstNoise: number): UpdatedLayer => {
    const norms = layerNorms(exported[key], inputScale);
    return { index, name, parameters: now[key], inputScale, norms, weightLimit, firstNoise };
  };
  return {
    input: mapOf('input', site.inputQuantization[0]!.scale, 0),
    hidden: mapOf('hidden', hiddenQuantization.scale, now.input.weights.length),
  };
}
