// Backward through a range of nodes, from the gradient at its end. Values and gradients are released
// as soon as they are used, so memory falls while it runs.
import type { ValueId } from '#runtime';

import { inputsOf, layerAt, releaseValue, releaseValues } from './forward-range.ts';
import type { Range, Values } from './forward-range.ts';
import { gated, gateOf, spread, summed } from './gradient.ts';
import type { Grid } from './grid.ts';
import { inputGradient } from './input-gradient.ts';
import type { LearningLayer, Network } from './network.ts';
import { runBackward } from './operators/table.ts';
import type { OperatorSite } from './operators/table.ts';
import { quantizeError } from './quantize-error.ts';
import type { QuantizedError } from './quantize-error.ts';
import { isLayerSite, itemAt, quadsOf, texelsOf } from './site.ts';
import type { AnySite, LayerSite } from './site.ts';
import type { Texture } from './texture.ts';

/** A layer as backward passes it, its textures for the time of the visit. */
export interface LayerVisit {
  readonly layer: LearningLayer;
  readonly input: Texture;
  /** Null where the layer makes logits. */
  readonly output: Texture | null;
  /** Q of the gradient of its output, through its own gate; null where it is replaced and not passed on. */
  readonly quantized: QuantizedError | null;
}

export interface RangeGradientCall {
  readonly range: Range;
  /** Of the whole range, from holdRange; released. */
  readonly values: Values;
  /** At the range's end, on `grid` unless that is null; stays the caller's. */
  readonly gradient: Texture;
  readonly grid: Grid | null;
  readonly batch: number;
  readonly wantsInput: boolean;
  /** Whether the layer's own gradient is not wanted, because another takes its place. */
  readonly isReplaced: (site: LayerSite) => boolean;
  /** Called for each layer, last first, before its weights could have changed. */
  readonly visit: (layer: LayerVisit) => void;
}

type Gradients = Map<ValueId, Texture>;

/** A gradient on its way through one node, which releases it as soon as it can. */
interface Passing<Site> {
  readonly site: Site;
  readonly gradient: Texture;
  readonly grid: Grid | null;
}

/** The gradient at the range's input, the caller's, or null where it is not wanted. */
export async function rangeGradient(
  network: Network,
  call: RangeGradientCall,
): Promise<Texture | null> {
  const { range, values } = call;
  const gradients: Gradients = new Map([[range.to, call.gradient.retain()]]);
  // Only the range's last node reads the gradient at its end.
  const gridOf = (value: ValueId): Grid | null => (value === range.to ? call.grid : null);
  const wanted = wantedValues(network.sites, range, call.wantsInput);
  try {
    for (const site of network.sites.slice(range.from, range.to).toReversed()) {
      await network.gpu.breathe();
      const value = site.index + 1;
      const gradient = gradients.get(value);
      gradients.delete(value);
      if (gradient !== undefined) {
        const parts = isLayerSite(site)
          ? [
              throughLayer(network, call, {
                site,
                gradient,
                grid: gridOf(value),
                isWanted: wanted.has(site.inputs[0] ?? -1),
              }),
            ]
          : throughOperator(network, call, {
              site,
              gradient,
              grid: gridOf(value),
              wants: site.inputs.map((input) => wanted.has(input)),
            });
        for (const [index, part] of parts.entries()) {
          if (part !== null) addGradient(network, gradients, itemAt(site.inputs, index), part);
        }
      }
      releaseValue(values, value);
    }
    return gradients.get(range.from)?.retain() ?? null;
  } finally {
    releaseValues(values);
    releaseValues(gradients);
  }
}

function throughLayer(
  network: Network,
  { values, batch, visit, isReplaced }: RangeGradientCall,
  { site, gradient, grid, isWanted }: Passing<LayerSite> & { readonly isWanted: boolean },
): Texture | null {
  const { gpu, failures } = network;
  const layer = layerAt(network.layers, site.index);
  const output = values.get(site.index + 1) ?? null;
  const input = itemAt(inputsOf(site, values), 0);
  if (isReplaced(site) && !isWanted) {
    gradient.release();
    visit({ layer, input, output, quantized: null });
    return null;
  }
  const quantized = quantizeError(
    gpu,
    {
      gradient,
      grid,
      gate: gateOf(site, output),
      constants: isWanted ? layer.constants : null,
      count: texelsOf(site.outputShape, batch),
      quads: quadsOf(site.outputShape),
    },
    { previous: failures.status, failure: layer.badGradient },
  );
  gradient.release();
  const { range, error, scaled } = quantized;
  failures.follow(range);
  visit({ layer, input, output, quantized });
  error.release();
  const { weights, geometry } = layer;
  const part = scaled && inputGradient(gpu, geometry, { errors: scaled, weights, range }, batch);
  scaled?.release();
  range.release();
  return part;
}

function throughOperator(
  { gpu, tables }: Network,
  { values, batch }: RangeGradientCall,
  { site, gradient, grid, wants }: Passing<OperatorSite> & { readonly wants: readonly boolean[] },
): readonly (Texture | null)[] {
  const output = values.get(site.index + 1);
  if (output === undefined || !wants.includes(true)) {
    gradient.release();
    return [];
  }
  const full = spread(gpu, gradient, { grid, shape: site.outputShape, batch });
  gradient.release();
  const own = gated(gpu, full, gateOf(site, output));
  full.release();
  const parts = runBackward(gpu, site, {
    inputs: inputsOf(site, values),
    output,
    gradient: own,
    batch,
    wanted: wants,
    table: tables.get(site.index) ?? null,
  });
  own.release();
  return parts;
}

/** Values that a gradient is needed of: a layer made them or is before them, or the range's input if wanted. */
function wantedValues(
  sites: readonly AnySite[],
  { from, to }: Range,
  wantsInput: boolean,
): ReadonlySet<ValueId> {
  const wanted = new Set<ValueId>(wantsInput ? [from] : []);
  for (const site of sites.slice(from, to)) {
    if (isLayerSite(site) || site.inputs.some((input) => wanted.has(input))) {
      wanted.add(site.index + 1);
    }
  }
  return wanted;
}

/** A value used more than once: its users' gradients are added, last user first. Takes `part` over. */
function addGradient({ gpu }: Network, gradients: Gradients, value: ValueId, part: Texture): void {
  const before = gradients.get(value);
  gradients.set(value, before === undefined ? part : summed(gpu, before, part));
  if (before === undefined) return;
  before.release();
  part.release();
}
