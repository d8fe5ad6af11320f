// The forward of a range of nodes. Values live as long as something added later reads them: ONNX
// Runtime frees the others as it goes.
import type { Quantization, ValueId } from '#runtime';

import { addForward, savesOf } from './operators/table.ts';
import type { ProgramGraph } from './program-graph.ts';
import { dequantize } from './quantization-scalars.ts';
import type { AnySite } from './site.ts';

/** Nodes [from, to): value `from` goes in, value `to` comes out. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Names by ValueId: uint8 [n, height, width, channels], or the float32 logits of a last layer. */
export type Values = ReadonlyMap<ValueId, string>;

/** Adds the range's nodes; the result holds every value of the range. */
export function addRange(
  graph: ProgramGraph,
  sites: readonly AnySite[],
  range: Range,
  input: string,
): Values {
  return addNodes(graph, sites.slice(range.from, range.to), new Map([[range.from, input]]));
}

/** Adds what a backward pass through the range looks at, which its end need not be. */
export function addRangeForBackward(
  graph: ProgramGraph,
  sites: readonly AnySite[],
  range: Range,
  input: string,
): Values {
  const needed: AnySite[] = [];
  for (const site of sites.slice(range.from, range.to).toReversed()) {
    const value = site.index + 1;
    const isGated = 'clamp' in site.attributes && site.attributes.clamp !== null;
    const isRead = sites
      .slice(value, range.to)
      .some(
        (user) =>
          user.inputs.includes(value) &&
          (needed.includes(user) || savesOf(user).includes('inputs')),
      );
    if (isGated || isRead || savesOf(site).includes('output')) needed.unshift(site);
  }
  return addNodes(graph, needed, new Map([[range.from, input]]));
}

function addNodes(
  graph: ProgramGraph,
  sites: readonly AnySite[],
  values: Map<ValueId, string>,
): Values {
  for (const site of sites) {
    const inputs = site.inputs.map((value) => values.get(value)!);
    values.set(site.index + 1, addForward(graph, site, inputs));
  }
  return values;
}

/** float32 [n, 1, 1, classes]: the last value as it is, or f32((q - z) * s) where it is quantised. */
export function addLogits(
  graph: ProgramGraph,
  value: string,
  quantization: Quantization | null,
): string {
  return quantization === null ? value : dequantize(graph, value, quantization, quantization.scale);
}
