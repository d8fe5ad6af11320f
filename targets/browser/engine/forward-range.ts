// Forward through a range of nodes. A value is a texture by ValueId; it is released as soon as its
// last user in the range has read it, unless a backward pass still needs it.
import type { ValueId } from '#runtime';

import type { Network } from './network.ts';
import { runForward } from './operators/table.ts';
import { inputShape, isLayerSite, itemAt, outputQuantization, present } from './site.ts';
import type { AnySite } from './site.ts';
import { dequantize } from './softmax-error.ts';
import { inStrips } from './strips.ts';
import type { StripPlan } from './strips.ts';
import type { Texture } from './texture.ts';
import { layerForward, layerLogits } from './window-sums.ts';

/** Nodes [from, to): value `from` goes in, value `to` comes out. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Each texture is owned once by the map. */
export type Values = Map<ValueId, Texture>;

export interface RangeCall {
  readonly range: Range;
  /** Stays the caller's. */
  readonly input: Texture;
  readonly batch: number;
  /** Where the input lies in strips of one sample, how the other values do; the value at the end does not. */
  readonly strips?: StripPlan | undefined;
}

/** The values of a call that has made none yet. */
export function inputOf({ range, input }: RangeCall): Values {
  return new Map([[range.from, input.retain()]]);
}

/** Called with each node as it has run. */
export type ForwardVisit = (site: AnySite, inputs: readonly Texture[], output: Texture) => void;

/** The value at the range's end, the caller's; of an empty range the input itself. */
export async function forwardRange(
  network: Network,
  call: RangeCall,
  visit?: ForwardVisit,
): Promise<Texture> {
  const { range, batch, strips } = call;
  const sites = network.sites.slice(range.from, range.to);
  const users = new Map<ValueId, number>();
  for (const value of sites.flatMap((site) => site.inputs)) {
    users.set(value, (users.get(value) ?? 0) + 1);
  }
  const values = inputOf(call);
  try {
    for (const site of sites) {
      await network.gpu.breathe();
      const inputs = inputsOf(site, values);
      const output =
        strips === undefined
          ? runNode(network, site, inputs, { batch })
          : runInStrips(network, strips, site, inputs);
      values.set(site.index + 1, output);
      visit?.(site, inputs, output);
      for (const value of site.inputs) {
        const left = (users.get(value) ?? 1) - 1;
        users.set(value, left);
        if (left === 0) releaseValue(values, value);
      }
    }
    const last = valueAt(values, range.to);
    if (strips === undefined) return last.retain();
    const shape = itemAt(network.shapes, range.to);
    return inStrips(network.gpu, last, shape, {
      from: itemAt(strips.rows, range.to),
      to: shape[0],
    });
  } finally {
    releaseValues(values);
  }
}

/** Makes the values of the range that are not there yet, for a backward pass. Logits are not a value: see logitsFrom. */
export async function fillRange(
  network: Network,
  { from, to }: Range,
  values: Values,
  batch: number,
): Promise<void> {
  for (const site of network.sites.slice(from, to)) {
    const value = site.index + 1;
    if (site.outputQuantization === null || values.has(value)) continue;
    await network.gpu.breathe();
    values.set(value, runNode(network, site, inputsOf(site, values), { batch }));
  }
}

/** The value that logits are made of: what the last layer reads, or the last value where that is quantised. */
export function logitsValue({ sites }: Network): ValueId {
  const last = itemAt(sites, sites.length - 1);
  return last.outputQuantization === null ? itemAt(last.inputs, 0) : sites.length;
}

/** words [n, 1, 1, classes] of float32 from that value: the last layer's sums, or f32((q - z) * s). */
export function logitsFrom(
  { gpu, sites, layers }: Network,
  value: Texture,
  batch: number,
): Texture {
  const last = itemAt(sites, sites.length - 1);
  if (last.outputQuantization !== null) return dequantize(gpu, value, last.outputQuantization);
  const { geometry, weights, constants, inputZero } = layerAt(layers, last.index);
  return layerLogits(gpu, { geometry, weights, constants, values: value, batch }, inputZero);
}

export function inputsOf(site: AnySite, values: Values): readonly Texture[] {
  return site.inputs.map((value) => valueAt(values, value));
}

export function valueAt(values: Values, value: ValueId): Texture {
  return present(values.get(value), `value ${value}`);
}

export function layerAt<Layer>(layers: ReadonlyMap<number, Layer>, node: number): Layer {
  return present(layers.get(node), `layer ${node}`);
}

export function releaseValue(values: Values, value: ValueId): void {
  values.get(value)?.release();
  values.delete(value);
}

export function releaseValues(values: Values): void {
  for (const texture of values.values()) texture.release();
  values.clear();
}

function runInStrips(
  network: Network,
  plan: StripPlan,
  { index, inputs: ids, inputShapes, outputShape }: AnySite,
  inputs: readonly Texture[],
): Texture {
  const { site, wanted } = itemAt(plan.nodes, index);
  const own = inputs.map((values, input) =>
    inStrips(network.gpu, values, itemAt(inputShapes, input), {
      from: itemAt(plan.rows, itemAt(ids, input)),
      to: itemAt(wanted, input),
    }),
  );
  const isWhole = site.outputShape[0] === outputShape[0];
  const stripsOf = isWhole ? undefined : itemAt(inputShapes, 0)[0];
  const output = runNode(network, site, own, { batch: 1, stripsOf });
  for (const values of own) values.release();
  return output;
}

interface NodeCall {
  readonly batch: number;
  /** The height of the input where the site is one of strips. */
  readonly stripsOf?: number | undefined;
}

function runNode(
  { gpu, layers, tables }: Network,
  site: AnySite,
  inputs: readonly Texture[],
  { batch, stripsOf }: NodeCall,
): Texture {
  if (!isLayerSite(site)) {
    return runForward(gpu, site, { inputs, batch, table: tables.get(site.index) ?? null });
  }
  const { geometry, weights, constants, inputZero, clamp } = layerAt(layers, site.index);
  const { outputShape } = site;
  const values = itemAt(inputs, 0);
  const own =
    stripsOf === undefined
      ? geometry
      : {
          ...geometry,
          inputShape: inputShape(site),
          outputShape,
          window: {
            ...geometry.window,
            inputHeight: inputShape(site)[0],
            outputHeight: outputShape[0],
          },
        };
  return layerForward(
    gpu,
    { geometry: own, weights, constants, values, batch, stripsOf },
    inputZero,
    {
      ...present(clamp, `${site.name}: a clamp`),
      zeroPoint: outputQuantization(site).zeroPoint,
    },
  );
}
