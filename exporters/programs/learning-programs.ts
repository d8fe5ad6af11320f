// The three ways in which a module's layers learn, each as one program: forward, backward, update.
import { layoutOf } from '#runtime';
import type { ValueId } from '#runtime';

import { addBackwardRange, gateOutput } from './backward-pass.ts';
import type { UpdatedMap } from './clipped-steps.ts';
import { addFeedback } from './feedback-gradient.ts';
import type { FeedbackSite } from './feedback-gradient.ts';
import { addLogits, addRange, addRangeForBackward } from './forward-pass.ts';
import type { Range, Values } from './forward-pass.ts';
import { moduleFeedback } from './module-feedback.ts';
import { addWeightGradient } from './operators/table.ts';
import type { ProgramFrame } from './program-frame.ts';
import type { QuantizedError } from './program-graph.ts';
import { isLayerSite } from './site.ts';
import type { LayerSite } from './site.ts';
import { softmaxError } from './softmax-error.ts';
import { addUpdates, updatedLayer } from './weight-update.ts';

/** Modules [from, end): the error against `targets`, the exact gradient down to `x` where the plan uses it. */
export function addTail(frame: ProgramFrame, from: number): void {
  const { graph, sites, source } = frame;
  const uses = usesAt(source, from);
  const range = frame.range(from, source.modules.length);
  const values = addRange(graph, sites, range, frame.input('x', 'uint8', range.from));
  const last = source.model.quantization[range.to]!;
  const logits = addLogits(graph, values.get(range.to)!, last);
  const error = softmaxError(graph, logits, {
    targets: frame.input('targets', 'float32', range.to),
    positions: frame.positions(range.to),
  });
  frame.output('logits', 'float32', range.to, logits);
  const wantsInput = uses.float || uses.quantised;
  const { layers, atInput } = backward(frame, { range, values, gradient: error, wantsInput });
  frame.outputError('error', range.to, error);
  if (uses.quantised) frame.outputError('inputError', range.from, atInput!);
  if (uses.float) frame.output('inputGradient', 'float32', range.from, atInput!);
  addUpdates(graph, { layers, before: uses.float ? [atInput!] : [] });
}

/** What the gradient at a module's input is used for, where the module is in the tail. */
export function usesAt(
  { plan, modules, feedback }: ProgramFrame['source'],
  module: number,
): { readonly float: boolean; readonly quantised: boolean } {
  const { replay, tail, sources } = layoutOf(plan, modules, feedback);
  if (module > tail) return { float: true, quantised: false };
  return { float: replay < tail, quantised: sources.includes('tail') };
}

/** A module from the error at its feedbacks' source; `y` is by the old weights. */
export function addFeedbackModule(frame: ProgramFrame, module: number): void {
  const { graph, sites, source } = frame;
  const range = frame.range(module, module + 1);
  const feedback = moduleFeedback(source, module);
  const values = addRange(graph, sites, range, frame.input('x', 'uint8', range.from));
  const error = frame.sourceInput(feedback.sourceShape);
  const isLocal = source.plan.rules[module] === 'feedback-local';
  const layers = isLocal
    ? backward(frame, {
        range,
        values,
        gradient: addFeedback(graph, feedback.sites.get(range.to)!, error),
        wantsInput: false,
      }).layers
    : directly(frame, { range, values, feedbacks: feedback.sites, error });
  frame.output('y', 'uint8', range.to, values.get(range.to)!);
  addUpdates(graph, { layers, before: [values.get(range.to)!] });
}

/** A module from the exact gradient at its end, to the one at its input where a module before it learns. */
export function addReplay(frame: ProgramFrame, module: number): void {
  const { source } = frame;
  const isDirect = source.plan.rules[module] === 'feedback-direct';
  const feedbacks = isDirect ? moduleFeedback(source, module).sites : undefined;
  const { trained } = layoutOf(source.plan, source.modules, source.feedback);
  const wantsInput = isDirect || module > trained;
  addGivenGradient(frame, frame.range(module, module + 1), { wantsInput, feedbacks });
}

/** Modules of a tail from the exact gradient at their end, to the one at their input where that is used. */
export function addPart(frame: ProgramFrame, from: number, to: number): void {
  const { float, quantised } = usesAt(frame.source, from);
  addGivenGradient(frame, frame.range(from, to), { wantsInput: float || quantised });
}

/** The gradient at a module's end from the error at its feedback's source. */
export function addEndGradient(frame: ProgramFrame, module: number): void {
  const { graph, source } = frame;
  const { to } = frame.range(module, module + 1);
  const feedback = moduleFeedback(source, module);
  const error = frame.sourceInput(feedback.sourceShape);
  const gradient = addFeedback(graph, feedback.sites.get(to)!, error);
  frame.output('gradient', 'float32', to, gradient);
}

/** From the input `gradient` at the range's end. */
function addGivenGradient(
  frame: ProgramFrame,
  range: Range,
  call: { readonly wantsInput: boolean; readonly feedbacks?: Feedbacks | undefined },
): void {
  const { graph, sites } = frame;
  const x = frame.input('x', 'uint8', range.from);
  const values = addRangeForBackward(graph, sites, range, x);
  const gradient = frame.input('gradient', 'float32', range.to);
  const { layers, atInput } = backward(frame, { range, values, gradient, ...call });
  if (call.wantsInput) frame.output('inputGradient', 'float32', range.from, atInput!);
  addUpdates(graph, { layers, before: call.wantsInput ? [atInput!] : [] });
}

type Feedbacks = ReadonlyMap<ValueId, FeedbackSite>;

interface BackwardCall {
  readonly range: Range;
  readonly values: Values;
  /** At the range's end. */
  readonly gradient: string;
  readonly wantsInput: boolean;
  /** Layers that take the gradient at the range's end through a feedback instead; no other gradient changes. */
  readonly feedbacks?: Feedbacks | undefined;
}

/** The exact gradient through a range, and the layers it updates, last first. */
function backward(
  { graph, sites }: ProgramFrame,
  { feedbacks, ...call }: BackwardCall,
): { readonly layers: UpdatedMap[]; readonly atInput: string | null } {
  const layers: UpdatedMap[] = [];
  const atInput = addBackwardRange(graph, sites, {
    ...call,
    visit: ({ site, input, output, gradient: exact }) => {
      const feedback = feedbacks?.get(site.index + 1);
      const gradient =
        feedback === undefined
          ? exact
          : gateOutput(graph, site, {
              gradient: addFeedback(graph, feedback, graph.quantizeError(call.gradient)),
              output,
            });
      const own = addWeightGradient(graph, site, { input, gradient });
      layers.push(updatedLayer(graph, site, own));
    },
  });
  return { layers, atInput };
}

/** Each layer with a feedback takes its own, first layer first: what it reads may then be freed. */
function directly(
  { graph, sites }: ProgramFrame,
  call: { range: Range; values: Values; feedbacks: Feedbacks; error: QuantizedError },
): UpdatedMap[] {
  const { range, values, feedbacks, error } = call;
  const layers = sites.slice(range.from, range.to).filter(isLayerSite);
  return layers.flatMap((site: LayerSite) => {
    const feedback = feedbacks.get(site.index + 1);
    if (feedback === undefined) return [];
    const output = values.get(site.index + 1)!;
    const own = addFeedback(graph, feedback, error);
    const gradient = gateOutput(graph, site, { gradient: own, output });
    const input = values.get(site.inputs[0]!)!;
    const sums = addWeightGradient(graph, site, { input, gradient });
    return [updatedLayer(graph, site, sums)];
  });
}
