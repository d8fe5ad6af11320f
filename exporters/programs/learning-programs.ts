// The three ways in which a module's layers learn, each as one program: forward, backward, update.
import { layoutOf } from '#runtime';
import type { ValueId } from '#runtime';

import { addBackwardRange, gateOutput } from './backward-pass.ts';
import type { UpdatedLayer } from './clipped-steps.ts';
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
import { addUpdates } from './weight-update.ts';

/** Modules [from, end): the error against `targets`, the exact gradient down to `x` where the plan uses it. */
export function addTail(frame: ProgramFrame, from: number): void {
  const { graph, sites, source } = frame;
  const { replay, tail, sources } = layoutOf(source.plan, source.modules, source.feedback);
  const uses = { float: replay < tail, quantised: sources.includes('tail') };
  const range = frame.range(from, source.modules.length);
  const values = addRange(graph, sites, range, frame.input('x', 'uint8', range.from));
  const last = source.model.quantization[range.to]!;
  const logits = addLogits(graph, values.get(range.to)!, last);
  const error = softmaxError(graph, logits, frame.input('targets', 'float32', range.to));
  frame.output('logits', 'float32', range.to, logits);
  const wantsInput = uses.float || uses.quantised;
  const { layers, atInput } = backward(frame, { range, values, gradient: error, wantsInput });
  frame.outputError('error', range.to, error);
  if (uses.quantised) frame.outputError('inputError', range.from, atInput!);
  if (uses.float) frame.output('inputGradient', 'float32', range.from, atInput!);
  addUpdates(graph, { layers, before: uses.float ? [atInput!] : [] });
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

/** A module from the exact gradient at its end, to the one at its input. */
export function addReplay(frame: ProgramFrame, module: number): void {
  const { graph, sites, source } = frame;
  const range = frame.range(module, module + 1);
  const x = frame.input('x', 'uint8', range.from);
  const values = addRangeForBackward(graph, sites, range, x);
  const gradient = frame.input('gradient', 'float32', range.to);
  const isDirect = source.plan.rules[module] === 'feedback-direct';
  const feedbacks = isDirect ? moduleFeedback(source, module).sites : undefined;
  const call = { range, values, gradient, wantsInput: true };
  const { layers, atInput } = backward(frame, { ...call, ...(feedbacks && { feedbacks }) });
  frame.output('inputGradient', 'float32', range.from, atInput!);
  addUpdates(graph, { layers, before: [atInput!] });
}

type Feedbacks = ReadonlyMap<ValueId, FeedbackSite>;

interface BackwardCall {
  readonly range: Range;
  readonly values: Values;
  /** At the range's end. */
  readonly gradient: string;
  readonly wantsInput: boolean;
  /** Layers that take the gradient at the range's end through a feedback instead; no other gradient changes. */
  readonly feedbacks?: Feedbacks;
}

/** The exact gradient through a range, and the layers it updates, last first. */
function backward(
  { graph, sites }: ProgramFrame,
  { feedbacks, ...call }: BackwardCall,
): { readonly layers: UpdatedLayer[]; readonly atInput: string | null } {
  const layers: UpdatedLayer[] = [];
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
      layers.push({ site, gradient: addWeightGradient(graph, site, { input, gradient }) });
    },
  });
  return { layers, atInput };
}

/** Each layer with a feedback takes its own, first layer first: what it reads may then be freed. */
function directly(
  { graph, sites }: ProgramFrame,
  call: { range: Range; values: Values; feedbacks: Feedbacks; error: QuantizedError },
): UpdatedLayer[] {
  const { range, values, feedbacks, error } = call;
  const layers = sites.slice(range.from, range.to).filter(isLayerSite);
  return layers.flatMap((site: LayerSite) => {
    const feedback = feedbacks.get(site.index + 1);
    if (feedback === undefined) return [];
    const output = values.get(site.index + 1)!;
    const own = addFeedback(graph, feedback, error);
    const gradient = gateOutput(graph, site, { gradient: own, output });
    const input = values.get(site.inputs[0]!)!;
    return [{ site, gradient: addWeightGradient(graph, site, { input, gradient }) }];
  });
}
