// Ways to learn from the same examples, on the same model, with the same int8 forward. Most are plans of
// Onward itself, so that they differ in what is trained and how, and in nothing else; the float32 ones run
// on the same ONNX Runtime with the same operators. Rates are in settings.ts.
import { planFor } from '#exporters';
import type { FeedbackOptions, PlanOptions } from '#exporters';
import type { Graph, Module } from '#runtime';

import type { Task } from './tasks/task.ts';
import { truncatedSteps } from './truncated-steps.ts';

type PlanMaker = (shape: {
  readonly modules: number;
  /** Modules that Onward's default plan keeps exact. */
  readonly tail: number;
  /** The same, but at most three quarters of all: what is before it can be frozen, or learn by feedback. */
  readonly shortTail: number;
  /** Steps of truncated backpropagation through time that the memory of that plan is enough for; null without recurrent layers. */
  readonly affordableSteps: number | null;
}) => PlanOptions;

export type Method =
  /** Does not learn. */
  | { readonly kind: 'unchanged' }
  /** Keeps the features of what it is shown, and asks the nearest ones. */
  | { readonly kind: 'nearest' }
  | {
      readonly kind: 'plan';
      readonly plan: PlanMaker;
      readonly feedback?: FeedbackOptions;
      /** A learner's lesson, at the package's own rate: examples held out judge whether it is kept. */
      readonly isLesson?: true;
      /** Labelled calibration samples that the package brings along; 0 by default. */
      readonly examples?: number;
    }
  | { readonly kind: 'float'; readonly checkpoints: boolean };

export interface Arm {
  readonly name: string;
  readonly describes: string;
  /** The models that it says something about; all by default. */
  readonly models?: 'feedforward' | 'recurrent';
  readonly method: Method;
}

const everyLayer: PlanMaker = () => ({ tail: 1, rule: 'feedback-direct' });

/** Nothing but the last layer is trained. */
const headOnly: PlanMaker = ({ modules }) => ({
  tail: 1,
  frozen: modules - 1,
  rule: 'frozen',
});

/** Of the recurrent layers, what is also the default for sequences whose states would need too much memory. */
const byGates: PlanMaker = ({ tail }) => ({
  tail,
  recurrence: { earlier: 'gates', exactSteps: 16 },
});

export const arms: readonly Arm[] = [
  {
    name: 'no adaptation',
    describes: 'the base model as it came',
    method: { kind: 'unchanged' },
  },
  {
    name: 'nearest neighbours',
    describes:
      'the nearest of the user’s examples by the features that the head reads; no weight changes',
    method: { kind: 'nearest' },
  },
  {
    name: 'head only',
    describes: 'the last layer; everything before it frozen',
    method: { kind: 'plan', plan: headOnly },
  },
  {
    name: 'last modules only',
    describes: 'the modules of onward’s exact tail, three quarters at most; the others frozen',
    models: 'feedforward',
    method: {
      kind: 'plan',
      plan: ({ modules, shortTail: tail }) => ({ tail, frozen: modules - tail, rule: 'frozen' }),
    },
  },
  {
    name: 'random DFA',
    describes: 'direct feedback alignment as published: the logits’ error to every layer, random',
    models: 'feedforward',
    method: { kind: 'plan', plan: everyLayer, feedback: { kind: 'random', source: 'logits' } },
  },
  {
    name: 'sparse random DFA',
    describes: 'the same with a tenth of the entries',
    models: 'feedforward',
    method: {
      kind: 'plan',
      plan: everyLayer,
      feedback: { kind: 'random', source: 'logits', density: 0.1 },
    },
  },
  {
    name: 'calibrated DFA',
    describes: 'the logits’ error to every layer, fitted to the true gradients at export',
    models: 'feedforward',
    method: { kind: 'plan', plan: everyLayer, feedback: { kind: 'calibrated', source: 'logits' } },
  },
  {
    name: 'random feedback',
    describes: 'hybrid with random instead of calibrated feedback',
    models: 'feedforward',
    method: {
      kind: 'plan',
      plan: ({ shortTail: tail }) => ({ tail }),
      feedback: { kind: 'random' },
    },
  },
  {
    name: 'hybrid',
    describes: 'the same tail exact, calibrated feedback to the modules before it',
    models: 'feedforward',
    method: { kind: 'plan', plan: ({ shortTail: tail }) => ({ tail }) },
  },
  {
    name: 'truncated BPTT',
    describes: 'the last steps of a sequence, as many as fit in the memory of onward; none before',
    models: 'recurrent',
    method: {
      kind: 'plan',
      plan: ({ tail, affordableSteps }) => ({
        tail,
        recurrence: { earlier: 'none', exactSteps: affordableSteps! },
      }),
    },
  },
  {
    name: 'truncated BPTT, 16 steps',
    describes: 'the last 16 steps of a sequence; none before',
    models: 'recurrent',
    method: {
      kind: 'plan',
      plan: ({ tail }) => ({ tail, recurrence: { earlier: 'none', exactSteps: 16 } }),
    },
  },
  {
    name: 'gates',
    describes: 'the last 16 steps exact; before, the product of gates and a calibrated feedback',
    models: 'recurrent',
    method: { kind: 'plan', plan: byGates },
  },
  {
    name: 'gates, random feedback',
    describes: 'the same with a random feedback of the state',
    models: 'recurrent',
    method: { kind: 'plan', plan: byGates, feedback: { state: { kind: 'random' } } },
  },
  {
    name: 'onward',
    describes: 'the default: exact as far back as is nearly free, calibrated feedback before',
    method: { kind: 'plan', plan: ({ tail }) => ({ tail }) },
  },
  {
    name: 'onward, as a lesson',
    describes:
      'a lesson as a user gets it: the package’s own rate, a fifth held out, kept only where that helped',
    method: { kind: 'plan', plan: ({ tail }) => ({ tail }), isLesson: true },
  },
  {
    name: 'onward, as a lesson that rehearses',
    describes:
      'the same, with 60 samples of other people in the package: some are rehearsed, others judge what is forgotten',
    method: { kind: 'plan', plan: ({ tail }) => ({ tail }), isLesson: true, examples: 60 },
  },
  {
    name: 'exact replay',
    describes: 'exact gradients everywhere, one module re-forwarded at a time',
    models: 'feedforward',
    method: { kind: 'plan', plan: () => ({ tail: 1, rule: 'exact-replay' }) },
  },
  {
    name: 'int8 backprop',
    describes: 'exact gradients everywhere, the inputs of modules kept, or of sequences every step',
    method: {
      kind: 'plan',
      plan: ({ modules }) => ({
        tail: modules,
        recurrence: { earlier: 'exact', exactSteps: 65536 },
      }),
    },
  },
  {
    name: 'full backprop, float32',
    describes: 'backpropagation through the float32 model, every activation kept',
    method: { kind: 'float', checkpoints: false },
  },
  {
    name: 'checkpointed backprop, float32',
    describes: 'the same gradients; parts of the model are forwarded again instead of kept',
    models: 'feedforward',
    method: { kind: 'float', checkpoints: true },
  },
];

/** Those that say something about the task's model, in order. */
export function armsOf({ isRecurrent = false }: Pick<Task, 'isRecurrent'>): readonly Arm[] {
  const here = isRecurrent ? 'recurrent' : 'feedforward';
  return arms.filter(({ models }) => models === undefined || models === here);
}

/** Throws RangeError naming the arms there are. */
export function armNamed(name: string): Arm {
  const found = arms.find((arm) => arm.name === name);
  if (found !== undefined) return found;
  throw new RangeError(
    `arm: expected one of ${arms.map((arm) => arm.name).join(', ')}, got ${name}`,
  );
}

/** The plan of an arm's package; what does not learn by a plan still needs the features that its head reads. */
export function planOptionsOf(
  { method }: Arm,
  { graph, modules, batchSize }: { graph: Graph; modules: readonly Module[]; batchSize: number },
): PlanOptions {
  const { rules, recurrence } = planFor(graph, modules, { batchSize });
  const tail = rules.length - rules.indexOf('exact');
  const affordableSteps = recurrence && truncatedSteps(graph, batchSize, recurrence);
  const makePlan = method.kind === 'plan' ? method.plan : headOnly;
  const shortTail = Math.min(tail, Math.max(1, Math.floor(0.75 * modules.length)));
  return { ...makePlan({ modules: modules.length, tail, shortTail, affordableSteps }), batchSize };
}

export function isLesson({ method }: Arm): boolean {
  return method.kind === 'plan' && method.isLesson === true;
}

/** Whether runs of one user differ with the seed in more than samples and order. */
export function drawsFeedback({ method }: Arm): boolean {
  if (method.kind !== 'plan') return false;
  const { kind, state } = method.feedback ?? {};
  return kind === 'random' || state?.kind === 'random';
}
