// Backward through a range of nodes, from the gradient at its end. Values and gradients are dropped
// as soon as they are used, so memory falls while it runs.
import type { ValueId } from '../graph/graph.ts';
import { applyGate } from './clamp-range.ts';
import { inputsOf } from './forward-range.ts';
import type { Range, Values } from './forward-range.ts';
import { isLayerSite } from './site.ts';
import type { AnySite, LayerSite } from './site.ts';
import { runBackward } from './table.ts';

/** A layer as backward passes it: `gradient` is that of its output, through its own gate. */
export interface LayerVisit {
  readonly site: LayerSite;
  readonly input: Uint8Array;
  /** Null where the layer makes logits. */
  readonly output: Uint8Array | null;
  readonly gradient: Float32Array;
}

export interface RangeGradientCall {
  readonly range: Range;
  /** Of the whole range, from holdRange; emptied but for the range's input. */
  readonly values: Values;
  /** At the range's end; not modified. */
  readonly gradient: Float32Array;
  readonly batch: number;
  readonly wantsInput: boolean;
  /** Called for each layer, last first, before its weights could have changed. */
  visit(layer: LayerVisit): void;
}

/** The gradient at the range's input, or null where it is not wanted. */
export function rangeGradient(
  sites: readonly AnySite[],
  call: RangeGradientCall,
): Float32Array | null {
  const { range, values, batch } = call;
  const gradients = new Map<ValueId, Float32Array>([[range.to, call.gradient.slice()]]);
  const wanted = wantedValues(sites, range, call.wantsInput);
  for (const site of sites.slice(range.from, range.to).toReversed()) {
    const value = site.index + 1;
    const gradient = gradients.get(value);
    const output = values.get(value) ?? null;
    gradients.delete(value);
    values.delete(value);
    if (gradient === undefined) continue; // nothing in the range reads it
    if (output !== null) gate(site, gradient, output);
    const inputs = inputsOf(site, values);
    if (isLayerSite(site)) call.visit({ site, input: inputs[0]!, output, gradient });
    const wants = site.inputs.map((input) => wanted.has(input));
    if (!wants.includes(true)) continue;
    const parts = runBackward(site, {
      inputs,
      output: output ?? noValue,
      gradient,
      batch,
      wanted: wants,
    });
    for (const [i, part] of parts.entries()) {
      if (part !== null) addGradient(gradients, site.inputs[i]!, part);
    }
  }
  return gradients.get(range.from) ?? null;
}

/** g = g * gate(y) in place, for operators that clamp. */
export function gate(site: AnySite, gradient: Float32Array, output: Uint8Array): void {
  if (!('clamp' in site.attributes) || site.outputQuantization === null) return;
  applyGate(gradient, output, site.attributes.clamp, site.outputQuantization);
}

/** Stands for the output of a layer that makes logits; layers do not look at their output. */
const noValue = new Uint8Array(0);

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

/** A value used more than once: its users' gradients are added, last user first. */
function addGradient(
  gradients: Map<ValueId, Float32Array>,
  value: ValueId,
  part: Float32Array,
): void {
  const sum = gradients.get(value);
  if (sum === undefined) gradients.set(value, part);
  else for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
}
