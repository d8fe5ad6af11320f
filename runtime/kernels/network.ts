// A model made ready for the kernels: its sites, the shape of every value, and its layers as an
// update sees them.
import type { EngineInput } from '../engine.ts';
import { inferShapes } from '../graph/graph.ts';
import type { Shape } from '../graph/shape.ts';
import type { StateFeedback } from '../learning/plan.ts';
import type { Recurrence } from '../learning/recurrence.ts';
import type { SequenceKernel } from './sequence-kernel.ts';
import { isLayerSite, isRecurrentSite, parametersOf, sequencesOf, sitesOf } from './site.ts';
import type { AnySite } from './site.ts';
import { layerNorms } from './update.ts';
import type { UpdatedLayer } from './update.ts';

export interface Network {
  readonly sites: readonly AnySite[];
  /** By ValueId. */
  readonly shapes: readonly Shape[];
  /** By node index. */
  readonly layers: ReadonlyMap<number, UpdatedLayer>;
  /** By node index: W and U. */
  readonly recurrentLayers: ReadonlyMap<number, UpdatedMaps>;
  /** Height of the model's input, which counts the steps of a sequence. */
  readonly inputSteps: number;
  readonly recurrence: Recurrence | null;
  /** By node index. */
  readonly stateFeedback: ReadonlyMap<number, StateFeedback>;
}

/** Of a recurrent layer. */
export interface UpdatedMaps {
  readonly input: UpdatedLayer;
  readonly hidden: UpdatedLayer;
}

/** Throws EngineError for a model with recurrent layers and no kernel for them. */
export function networkOf(
  { model, parameters, plan, stateFeedback }: EngineInput,
  sequences: SequenceKernel | null,
): Network {
  const sites = sitesOf(model, parameters, sequences);
  const { weightLimit } = model;
  const layers = sites.filter(isLayerSite).map((site): [number, UpdatedLayer] => {
    const inputScale = site.inputQuantization[0]!.scale;
    const own = parametersOf(site);
    const norms = layerNorms(model.layers.get(site.index) ?? own, inputScale);
    const { index, name } = site;
    const firstNoise = 0;
    return [index, { index, name, parameters: own, inputScale, norms, weightLimit, firstNoise }];
  });
  const recurrentLayers = sites
    .filter(isRecurrentSite)
    .map((site): [number, UpdatedMaps] => [site.index, sequencesOf(site).updatedMaps(site, model)]);
  return {
    sites,
    shapes: inferShapes(model.graph),
    layers: new Map(layers),
    recurrentLayers: new Map(recurrentLayers),
    inputSteps: model.graph.inputShape[0],
    recurrence: plan.recurrence,
    stateFeedback: new Map(stateFeedback.map((feedback) => [feedback.node, feedback])),
  };
}
