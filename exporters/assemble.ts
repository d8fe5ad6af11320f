// From a prepared model to the content of a package: the plan, the feedback it asks for, how well
// that feedback agrees with backpropagation, and the programs.
import { inferShapes, sizeOf } from '#runtime';
import type { Alignment, Feedback, PackageContent, Plan, StateFeedback } from '#runtime';

import { measureAlignment } from './feedback/alignment.ts';
import { calibrateFeedback } from './feedback/calibrate.ts';
import { feedbackForms } from './feedback/form.ts';
import type { FeedbackNetwork, FormOptions } from './feedback/form.ts';
import { randomFeedback } from './feedback/random.ts';
import { approximatedNodes } from './feedback/recurrent-signals.ts';
import type { LabelledSamples } from './feedback/signals.ts';
import { measureStateAlignment } from './feedback/state-alignment.ts';
import { makeStateFeedback } from './feedback/state-feedback.ts';
import type { StateFeedbackOptions } from './feedback/state-feedback.ts';
import { packageExamples } from './package-examples.ts';
import { planFor } from './plan.ts';
import type { PlanOptions } from './plan.ts';
import type { PreparedModel } from './prepare.ts';
import { exportPrograms } from './programs/export-programs.ts';

export interface FeedbackOptions extends FormOptions {
  /** `calibrated`, the default, is fitted to the true gradients; `random` is drawn from `seed`. */
  readonly kind?: 'calibrated' | 'random';
  readonly seed?: number;
  /** Share of entries kept; default 1. */
  readonly density?: number;
  /** Of recurrent layers that learn by gates; of the same kind and seed by default. */
  readonly state?: StateFeedbackOptions;
}

export interface AssembleOptions {
  readonly plan?: PlanOptions;
  readonly feedback?: FeedbackOptions;
  /** One name per class; default `0`, `1`, and so on. */
  readonly labels?: readonly string[];
  /** Labelled calibration samples that the package brings along; default 0. */
  readonly examples?: number;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** What a plan adds to a prepared model; the caller completes it with its provenance. */
export type AssembledContent = Omit<PackageContent, 'provenance'> & {
  readonly alignment: readonly Alignment[];
};

/** Throws InputError where the plan, the feedback or the labels do not fit the model. */
export function assemble(prepared: PreparedModel, options: AssembleOptions = {}): AssembledContent {
  const { model, modules, input } = prepared;
  const plan = planFor(model.graph, modules, options.plan);
  const network: FeedbackNetwork = { model: prepared.float, modules, rules: plan.rules };
  const { feedback, alignment } = makeFeedback(prepared, network, options);
  const state = stateFeedbackFor(prepared, plan, options);
  const classes = prepared.classes;
  const labels = options.labels ?? Array.from({ length: classes }, (_, index) => String(index));
  const { stateFeedback } = state;
  const source = { model, modules, plan, feedback, stateFeedback };
  const hasSpare = inferShapes(model.graph).at(-1)![2] > classes;
  const programs = exportPrograms(source, { hasSpare });
  const examples = packageExamples(prepared, options.examples ?? 0);
  const all = [...alignment, ...state.alignment];
  const learning = { plan, feedback, stateFeedback, alignment: all };
  return { model, modules, ...learning, input, labels, examples, programs };
}

// Fitted on the even samples and judged on the odd ones.
function makeFeedback(
  prepared: PreparedModel,
  network: FeedbackNetwork,
  { feedback: options = {}, onProgress }: AssembleOptions,
): { feedback: Feedback[]; alignment: readonly Alignment[] } {
  const forms = feedbackForms(network, options);
  if (forms.length === 0) return { feedback: [], alignment: [] };
  const { kind = 'calibrated', seed = 1, density = 1 } = options;
  const fitting = everySecond(prepared, 0);
  const judging = everySecond(prepared, 1);
  const report =
    (stage: string) =>
    ({ done, total }: { done: number; total: number }): void =>
      onProgress?.(stage, done, total);
  const feedback =
    kind === 'calibrated'
      ? calibrateFeedback(network, forms, fitting, { density, onProgress: report('feedback') })
      : randomFeedback(network, forms, { seed, density, data: fitting });
  const alignment = measureAlignment(network, feedback, judging, {
    onProgress: report('alignment'),
  });
  return { feedback, alignment };
}

// Like the feedback of modules: fitted on the even samples and judged on the odd ones.
function stateFeedbackFor(
  prepared: PreparedModel,
  plan: Plan,
  { feedback: options = {}, onProgress }: AssembleOptions,
): { stateFeedback: StateFeedback[]; alignment: readonly Alignment[] } {
  const { float, model, modules } = prepared;
  const { recurrence } = plan;
  const nodes = approximatedNodes(model.graph, modules, plan);
  if (nodes.length === 0 || recurrence === null) return { stateFeedback: [], alignment: [] };
  const { kind, seed, state } = options;
  const batching = {
    onProgress: ({ done, total }: { done: number; total: number }): void =>
      onProgress?.('state feedback', done, total),
  };
  const stateFeedback =
    recurrence.earlier === 'gates'
      ? makeStateFeedback(float, everySecond(prepared, 0), nodes, {
          ...(kind !== undefined && { kind }),
          ...(seed !== undefined && { seed }),
          ...state,
          recurrence,
          batching,
        })
      : [];
  const judging = everySecond(prepared, 1);
  const judged = { recurrence, feedback: stateFeedback };
  return { stateFeedback, alignment: measureStateAlignment(float, judging, nodes, judged) };
}

function everySecond({ samples, labels, model }: PreparedModel, first: 0 | 1): LabelledSamples {
  const size = sizeOf(model.graph.inputShape);
  const count = samples.length / size;
  const steps = labels.length / count;
  const picked = Array.from({ length: count }, (_, index) => index).filter(
    (index) => index % 2 === first,
  );
  const chosen = new Float32Array(picked.length * size);
  picked.forEach((index, position) =>
    chosen.set(samples.subarray(index * size, (index + 1) * size), position * size),
  );
  return {
    samples: chosen,
    labels: picked.flatMap((index) => labels.slice(index * steps, (index + 1) * steps)),
  };
}
