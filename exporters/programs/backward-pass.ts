// Backward through a range of nodes, from the gradient at its end.
import { wantedValues } from '#runtime';
import type { ValueId } from '#runtime';

import { gatesOf } from './clamp.ts';
import type { Range, Values } from './forward-pass.ts';
import { addBackward } from './operators/table.ts';
import type { ProgramGraph } from './program-graph.ts';
import { isLayerSite } from './site.ts';
import type { AnySite, LayerSite } from './site.ts';

/** Stands for a value that no gradient looks at; a graph refuses it. */
const unmade = 'a value that was not made';

/** A layer as backward passes it; `gradient` is that of its output, through its own gate. */
export interface LayerVisit {
  readonly site: LayerSite;
  readonly input: string;
  readonly output: string;
  readonly gradient: string;
}

export interface BackwardRange {
  readonly range: Range;
  readonly values: Values;
  /** At the range's end: float32 [n, height, width, channels]. */
  readonly gradient: string;
  readonly wantsInput: boolean;
  /** Called for each layer, last first. */
  readonly visit: (layer: LayerVisit) => void;
}

/** Adds the gradients of the range; returns the one at its input, or null where it is not wanted. */
export function addBackwardRange(
  graph: ProgramGraph,
  sites: readonly AnySite[],
  { range, values, gradient: atEnd, wantsInput, visit }: BackwardRange,
): string | null {
  const gradients = new Map<ValueId, string>([[range.to, atEnd]]);
  const inRange = sites.slice(range.from, range.to);
  const wanted = wantedValues(inRange, isLayerSite, wantsInput ? range.from : null);
  const gates = new Map<ValueId, string[]>();
  for (const site of inRange.toReversed()) {
    const own = gradients.get(site.index + 1);
    if (own === undefined) continue; // nothing in the range reads it
    const output = values.get(site.index + 1) ?? unmade;
    const gradient = gated(graph, own, gates.get(site.index + 1) ?? gatesAt(graph, site, output));
    const inputs = site.inputs.map((value) => values.get(value) ?? unmade);
    if (isLayerSite(site)) visit({ site, input: inputs[0]!, output, gradient });
    const wants = site.inputs.map((value) => wanted.has(value));
    if (!wants.includes(true)) continue;
    // Of a node's inputs the one added last runs first: a gradient, then the gate that was added before it.
    for (const [index, value] of site.inputs.entries()) {
      if (!wants[index] || value === range.from || gates.has(value)) continue;
      gates.set(value, gatesAt(graph, sites[value - 1]!, inputs[index]!));
    }
    const parts = addBackward(graph, site, { inputs, output, gradient, wanted: wants });
    for (const [index, part] of parts.entries()) {
      if (part === null) continue;
      // A value used more than once: its users' gradients are added, last user first.
      const sum = gradients.get(site.inputs[index]!);
      gradients.set(site.inputs[index]!, sum === undefined ? part : graph.add(sum, part));
    }
  }
  return gradients.get(range.from) ?? null;
}

/** g * gate(y), for operators that clamp. */
export function gateOutput(
  graph: ProgramGraph,
  site: AnySite,
  { gradient, output }: { readonly gradient: string; readonly output: string },
): string {
  return gated(graph, gradient, gatesAt(graph, site, output));
}

function gated(graph: ProgramGraph, gradient: string, gates: readonly string[]): string {
  return gates.reduce((product, gate) => graph.multiply(product, gate), gradient);
}

function gatesAt(graph: ProgramGraph, site: AnySite, output: string): string[] {
  if (!('clamp' in site.attributes) || site.outputQuantization === null) return [];
  return gatesOf(graph, output, site.attributes.clamp, site.outputQuantization);
}
