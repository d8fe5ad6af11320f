// Backward through a range of nodes, from the gradient at its end. Values and gradients are dropped
// as soon as they are used, so memory falls while it runs.
import { isTrainable } from '../graph/graph.ts';
import type { ValueId } from '../graph/graph.ts';
import { wantedValues } from '../graph/wanted-values.ts';
import { applyGate } from './clamp-range.ts';
import { inputsOf } from './forward-range.ts';
import type { Range, Values } from './forward-range.ts';
import type { BackwardCall } from './kernel.ts';
import { isLayerSite, isRecurrentSite } from './site.ts';
import type { AnySite, LayerSite, Site } from './site.ts';
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
  /** The same for each recurrent layer; gives the gradient at its input, null where it is not wanted. */
  visitRecurrent(layer: RecurrentVisit): Float32Array | null;
}

/** A recurrent layer as backward passes it: `gradient` is that of its output. */
export interface RecurrentVisit {
  readonly site: Site<'recurrent'>;
  readonly input: Uint8Array;
  readonly gradient: Float32Array;
  readonly wantsInput: boolean;
}

/** The gradient at the range's input, or null where it is not wanted. */
export function rangeGradient(
  sites: readonly AnySite[],
  call: RangeGradientCall,
): Float32Array | null {
  const { range, values } = call;
  const gradients = new Map<ValueId, Float32Array>([[range.to, call.gradient.slice()]]);
  const own = sites.slice(range.from, range.to);
  const wanted = wantedValues(own, isTrainable, call.wantsInput ? range.from : null);
  for (const site of own.toReversed()) {
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
    const parts = partsOf(site, call, {
      inputs,
      output: output ?? noValue,
      gradient,
      wanted: wants,
    });
    for (const [i, part] of parts.entries()) {
      if (part !== null) addGradient(gradients, site.inputs[i]!, part);
    }
  }
  return gradients.get(range.from) ?? null;
}

/** Gradients of the node's inputs; none where none is wanted. */
function partsOf(
  site: AnySite,
  call: RangeGradientCall,
  node: Omit<BackwardCall, 'batch'>,
): readonly (Float32Array | null)[] {
  const { inputs, gradient, wanted } = node;
  if (isRecurrentSite(site)) {
    return [call.visitRecurrent({ site, input: inputs[0]!, gradient, wantsInput: wanted[0]! })];
  }
  // Tokens have no gradient.
  if (site.operator === 'embedding' || !wanted.includes(true)) return [];
  return runBackward(site, { ...node, batch: call.batch });
}

/** g = g * gate(y) in place, for operators that clamp. */
export function gate(site: AnySite, gradient: Float32Array, output: Uint8Array): void {
  if (!('clamp' in site.attributes) || site.outputQuantization === null) return;
  applyGate(gradient, output, site.attributes.clamp, site.outputQuantization);
}

/** Stands for the output of a layer that makes logits; layers do not look at their output. */
const noValue = new Uint8Array(0);

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
