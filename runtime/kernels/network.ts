// A model made ready for the kernels: its sites, the shape of every value, and its layers as an
// update sees them.
import type { EngineInput } from '../engine.ts';
import { inferShapes } from '../graph/graph.ts';
import type { Shape } from '../graph/shape.ts';
import { isLayerSite, parametersOf, sitesOf } from './site.ts';
import type { AnySite } from './site.ts';
import { layerNorms } from './update.ts';
import type { UpdatedLayer } from './update.ts';

export interface Network {
  readonly sites: readonly AnySite[];
  /** By ValueId. */
  readonly shapes: readonly Shape[];
  /** By node index. */
  readonly layers: ReadonlyMap<number, UpdatedLayer>;
}

export function networkOf({ model, parameters }: EngineInput): Network {
  const sites = sitesOf(model, parameters);
  const layers = sites.filter(isLayerSite).map((site): [number, UpdatedLayer] => {
    const inputScale = site.inputQuantization[0]!.scale;
    const own = parametersOf(site);
    const norms = layerNorms(model.layers.get(site.index) ?? own, inputScale);
    const { index, name } = site;
    const { weightLimit } = model;
    return [index, { index, name, parameters: own, inputScale, norms, weightLimit }];
  });
  return { sites, shapes: inferShapes(model.graph), layers: new Map(layers) };
}
