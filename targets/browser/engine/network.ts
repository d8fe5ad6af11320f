// A model on the GPU: its sites, layers and tables of constants.
import { inferShapes } from '#runtime';
import type { EngineInput, Shape } from '#runtime';

import { Failures } from './failures.ts';
import type { Gpu } from './gpu.ts';
import { closeLayer, openLayer } from './layer.ts';
import type { Layer } from './layer.ts';
import { prepareTable } from './operators/table.ts';
import { isLayerSite, itemAt, sitesOf } from './site.ts';
import type { AnySite } from './site.ts';
import { planStrips } from './strips.ts';
import type { StripPlan } from './strips.ts';
import type { Texture } from './texture.ts';

/** A layer with the codes of what can go wrong in its updates. */
export interface LearningLayer extends Layer {
  readonly badGradient: number;
  readonly badStep: number;
  readonly badBias: number;
}

export interface Network {
  readonly gpu: Gpu;
  readonly sites: readonly AnySite[];
  /** By ValueId. */
  readonly shapes: readonly Shape[];
  /** By node index, as are the tables. */
  readonly layers: ReadonlyMap<number, LearningLayer>;
  readonly tables: ReadonlyMap<number, Texture>;
  readonly failures: Failures;
  readonly weightLimit: number;
  readonly strips: StripPlan;
}

export function openNetwork(gpu: Gpu, { model, parameters }: EngineInput): Network {
  const failures = new Failures(gpu);
  const sites = sitesOf(model);
  const layers = new Map<number, LearningLayer>();
  const tables = new Map<number, Texture>();
  for (const site of sites) {
    const { index, name } = site;
    if (!isLayerSite(site)) {
      const table = prepareTable(gpu, site);
      if (table !== null) tables.set(index, table);
      continue;
    }
    const own = parameters.get(index) ?? itemAt([...model.layers.values()], index);
    layers.set(index, {
      ...openLayer(gpu, site, model, own),
      badGradient: failures.code(`${name}: expected a finite gradient, got a NaN or an infinity`),
      badStep: failures.code(`${name}: expected a finite step, got a NaN or an infinity`),
      badBias: failures.code(`${name}: expected a bias within int32, got one beyond`),
    });
  }
  return {
    gpu,
    sites,
    strips: planStrips(sites, model.graph.inputShape),
    shapes: inferShapes(model.graph),
    layers,
    tables,
    failures,
    weightLimit: model.weightLimit,
  };
}

export function closeNetwork({ layers, tables, failures }: Network): void {
  for (const layer of layers.values()) closeLayer(layer);
  for (const table of tables.values()) table.release();
  failures.dispose();
}
