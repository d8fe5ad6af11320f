// Ways to learn from the same examples, on the same model, with the same int8 forward. Most are plans of
// Onward itself, so that they differ in what is trained and how, and in nothing else; the float32 ones run
// on the same ONNX Runtime with the same operators. Rates are in settings.ts.
import { planFor } from '#exporters';
import type { FeedbackOptions, PlanOptions } from '#exporters';
import type { Graph, Module } from '#runtime';

/** `tail` is the number of modules that Onward's default plan keeps exact. */
type PlanMaker = (shape: { readonly modules: number; readonly tail: number }) => PlanOptions;

export type Method =
  /** Does not learn. */
  | { readonly kind: 'unchanged' }
  /** Keeps the features of what it is shown, and asks the nearest ones. */
  | { readonly kind: 'nearest' }
  | { readonly kind: 'plan'; readonly plan: PlanMaker; readonly feedback?: FeedbackOptions }
  | { readonly kind: 'float'; readonly checkpoints: boolean };

export interface Arm {
  readonly name: string;
  readonly describes: string;
  readonly method: Method;
}

const everyLayer: PlanMaker = () => ({ tail: 1, rule: 'feedback-direct' });

/** Nothing but the last layer is trained. */
const headOnly: PlanMaker = ({ modules }) => ({
  tail: 1,
  frozen: modules - 1,
  rule: 'frozen',
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
    describes: 'the modules of onward’s exact tail; the others frozen',
    method: {
      kind: 'plan',
      plan: ({ modules, tail }) => ({ tail, frozen: modules - tail, rule: 'frozen' }),
    },
  },
  {
    name: 'random DFA',
    describes: 'direct feedback alignment as published: the logits’ error to every layer, random',
    method: { kind: 'plan', plan: everyLayer, feedback: { kind: 'random', source: 'logits' } },
  },
  {
    name: 'sparse random DFA',
    describes: 'the same with a tenth of the entries',
    method: {
      kind: 'plan',
      plan: everyLayer,
      feedback: { kind: 'random', source: 'logits', density: 0.1 },
    },
  },
  {
    name: 'calibrated DFA',
    describes: 'the logits’ error to every layer, fitted to the true gradients at export',
    method: { kind: 'plan', plan: everyLayer, feedback: { kind: 'calibrated', source: 'logits' } },
  },
  {
    name: 'random feedback',
    describes: 'onward with random instead of calibrated feedback',
    method: { kind: 'plan', plan: ({ tail }) => ({ tail }), feedback: { kind: 'random' } },
  },
  {
    name: 'onward',
    describes: 'the default: exact tail, calibrated feedback to the modules before it',
    method: { kind: 'plan', plan: ({ tail }) => ({ tail }) },
  },
  {
    name: 'exact replay',
    describes: 'exact gradients everywhere, one module re-forwarded at a time',
    method: { kind: 'plan', plan: ({ tail }) => ({ tail, rule: 'exact-replay' }) },
  },
  {
    name: 'int8 backprop',
    describes: 'exact gradients everywhere, every activation kept',
    method: { kind: 'plan', plan: ({ modules }) => ({ tail: modules }) },
  },
  {
    name: 'full backprop, float32',
    describes: 'backpropagation through the float32 model, every activation kept',
    method: { kind: 'float', checkpoints: false },
  },
  {
    name: 'checkpointed backprop, float32',
    describes: 'the same gradients; parts of the model are forwarded again instead of kept',
    method: { kind: 'float', checkpoints: true },
  },
];

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
  const { rules } = planFor(graph, modules, { batchSize });
  const tail = rules.length - rules.indexOf('exact');
  const makePlan = method.kind === 'plan' ? method.plan : headOnly;
  return { ...makePlan({ modules: modules.length, tail }), batchSize };
}

/** Whether runs of one user differ with the seed in more than samples and order. */
export function drawsFeedback({ method }: Arm): boolean {
  return method.kind === 'plan' && method.feedback?.kind === 'random';
}
