// Forward through a range of nodes. A value is an array by ValueId; it is dropped as soon as its
// last user in the range has read it, unless a backward pass still needs it.
import type { ValueId } from '../graph/graph.ts';
import type { SequenceContext } from './recurrent/sequence-context.ts';
import type { AnySite, LayerSite } from './site.ts';
import { runForward, runLogits } from './table.ts';

/** Nodes [from, to): value `from` goes in, value `to` comes out. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export type Values = Map<ValueId, Uint8Array>;

export interface ForwardCall {
  readonly range: Range;
  readonly input: Uint8Array;
  readonly batch: number;
  /** Of recurrent layers; they write to it. */
  readonly context: SequenceContext;
}

/** Called with each node as it has run; nothing handed over is modified afterwards. */
export type ForwardVisit = (
  site: AnySite,
  inputs: readonly Uint8Array[],
  output: Uint8Array,
) => void;

/** The value at the range's end, fresh unless the range is empty. */
export function forwardRange(
  sites: readonly AnySite[],
  { range, input, batch, context }: ForwardCall,
  visit?: ForwardVisit,
): Uint8Array {
  const users = countUsers(sites, range);
  const values: Values = new Map([[range.from, input]]);
  for (const site of sites.slice(range.from, range.to)) {
    const inputs = inputsOf(site, values);
    const output = runForward(site, inputs, batch, context);
    values.set(site.index + 1, output);
    visit?.(site, inputs, output);
    for (const value of site.inputs) {
      users[value]! -= 1;
      if (users[value] === 0) values.delete(value);
    }
  }
  return values.get(range.to)!;
}

/** Every value of the range, for a backward pass. Logits are not a value: see logitsFrom. */
export function holdRange(
  sites: readonly AnySite[],
  { range, input, batch, context }: ForwardCall,
): Values {
  const values: Values = new Map([[range.from, input]]);
  for (const site of sites.slice(range.from, range.to)) {
    if (site.outputQuantization === null) break;
    values.set(site.index + 1, runForward(site, inputsOf(site, values), batch, context));
  }
  return values;
}

/** The value that logits are made of: what the last layer reads, or the last value where that is quantised. */
export function logitsValue(sites: readonly AnySite[]): ValueId {
  const last = sites.at(-1)!;
  return last.outputQuantization === null ? last.inputs[0]! : sites.length;
}

/** Float32 logits from that value: the last layer's accumulators, or f32((q - z) * s). */
export function logitsFrom(
  sites: readonly AnySite[],
  value: Uint8Array,
  batch: number,
): Float32Array {
  const last = sites.at(-1)!;
  if (last.outputQuantization === null) return runLogits(last as LayerSite, value, batch);
  const { scale, zeroPoint } = last.outputQuantization;
  return Float32Array.from(value, (q) => (q - zeroPoint) * Math.fround(scale));
}

export function inputsOf(site: AnySite, values: Values): readonly Uint8Array[] {
  return site.inputs.map((value) => values.get(value)!);
}

/** Uses of each value within the range. */
function countUsers(sites: readonly AnySite[], { from, to }: Range): Int32Array {
  const users = new Int32Array(sites.length + 1);
  for (const site of sites.slice(from, to)) {
    for (const value of site.inputs) users[value]! += 1;
  }
  return users;
}
