// Small models that together use every operator of images, every attribute, every rule and every source
// of feedback; sequence-cases.ts has those of sequences. What an engine computes on them is compared with the reference kernels.
import type { EngineInput, Plan, Recurrence, Rule, Shape } from '#runtime';

import { randomFeedback, randomStateFeedback } from './random-feedback.ts';
import type { RandomFeedbackOptions } from './random-feedback.ts';
import { RandomModel, windowOf } from './random-model.ts';

/** An engine's input but for what each engine has of its own. */
export type CaseInput = Omit<EngineInput, 'parameters' | 'programs'>;

export interface EngineCase {
  readonly name: string;
  readonly input: CaseInput;
  readonly sequences: SequenceKind;
  /** True where the model can also predict one step at a time. */
  readonly isStepwise: boolean;
}

/** How the samples of a case start: all steps from the initial states, or with lengths or states of their own. */
export type SequenceKind = 'whole' | 'lengths' | 'states';

/** What a case of recurrent layers learns by. */
export interface CaseRecurrence {
  readonly recurrence: Recurrence;
  /** Of a random state feedback; none by default. */
  readonly segments?: number;
}

/** One set of rules for a case, where its feedback comes from, and how its recurrent layers learn. */
type CasePlan = readonly [
  rules: readonly Rule[],
  feedback?: RandomFeedbackOptions | null,
  sequences?: CaseRecurrence,
];

export interface CaseModel {
  readonly shape: Shape;
  readonly weightLimit?: 64 | 127;
  readonly sequences?: SequenceKind;
  readonly isStepwise?: boolean;
  /** Each makes a case. */
  readonly plans: readonly CasePlan[];
  readonly build: (model: RandomModel) => void;
}

const exact = 'exact';
const replay = 'exact-replay';
const local = 'feedback-local';
const direct = 'feedback-direct';
const frozen = 'frozen';
const tail: RandomFeedbackOptions = { source: 'tail' };

const same = windowOf(3, { pads: [1, 1, 1, 1] });
const halving = windowOf(3, { stride: 2, pads: [1, 1, 1, 1] });
const classes = 5;

const caseModels: { readonly [name: string]: CaseModel } = {
  'convolutions of odd sizes': {
    shape: [9, 7, 3],
    plans: [
      [[exact, exact, exact, exact]],
      [[frozen, replay, replay, exact]],
      [[local, local, exact, exact], tail],
      [[local, frozen, local, exact], { source: 'logits', grid: [3, 2] }],
      [[direct, direct, exact, exact], { source: 'tail', kernel: 3 }],
    ],
    build(model) {
      let x = model.conv(0, { outputChannels: 8, window: same, clamp: 'relu' });
      model.cut();
      x = model.conv(x, { outputChannels: 12, window: halving, clamp: 'relu6' });
      model.cut();
      const uneven = windowOf([2, 3], { pads: [1, 0, 0, 2] });
      x = model.conv(x, { outputChannels: 6, window: uneven, clamp: 'band' });
      model.cut();
      x = model.conv(x, { outputChannels: 8, window: windowOf(1) });
      model.logits(x, classes);
      model.cut();
    },
  },
  'residual blocks': {
    shape: [8, 8, 3],
    plans: [
      [[exact, exact, exact, exact]],
      [[replay, replay, replay, exact]],
      [[local, local, exact, exact], { source: 'tail', kernel: 3, dilation: 2 }],
      [[local, direct, direct, exact], tail],
      [[frozen, direct, direct, exact], { source: 'module' }],
      [[direct, direct, local, exact], { source: 'logits', grid: [2, 2] }],
    ],
    build(model) {
      const x = model.conv(0, { outputChannels: 8, window: same, clamp: 'relu' });
      model.cut();
      let y = model.conv(x, { outputChannels: 8, window: same, clamp: 'relu' });
      y = model.conv(y, { outputChannels: 8, window: same });
      const block = model.add(x, y, 'relu');
      model.cut();
      y = model.conv(block, { outputChannels: 12, window: halving, clamp: 'relu' });
      y = model.conv(y, { outputChannels: 12, window: same });
      const projected = model.conv(block, {
        outputChannels: 12,
        window: windowOf(1, { stride: 2 }),
      });
      y = model.add(y, projected);
      model.cut();
      model.logits(model.averagePool(y, windowOf(4)), classes);
      model.cut();
    },
  },
  'depthwise separable blocks': {
    shape: [8, 6, 4],
    plans: [
      [[exact, exact, exact, exact]],
      [[replay, replay, exact, exact]],
      [[local, local, exact, exact], { source: 'tail', groups: 2 }],
      [[direct, direct, exact, exact], { source: 'tail', kernel: 3, groups: 4 }],
    ],
    build(model) {
      const block = (x: number, window: typeof same, outputChannels: number): number => {
        const inside = model.shapeOf(x)[2];
        const y = model.conv(x, { outputChannels: inside, groups: inside, window, clamp: 'relu' });
        const z = model.conv(y, { outputChannels, window: windowOf(1), clamp: 'relu6' });
        model.cut();
        return z;
      };
      let x = block(0, same, 8);
      x = block(x, windowOf(3, { stride: 2, pads: [0, 0, 1, 1] }), 12);
      x = block(x, windowOf(3, { dilation: 2, pads: [2, 2, 2, 2] }), 8);
      model.logits(x, classes);
      model.cut();
    },
  },
  'dilated and grouped convolutions': {
    shape: [7, 7, 4],
    plans: [
      [[exact, exact, exact]],
      [[local, replay, exact], { source: 'tail', kernel: 3, dilation: 2, groups: 2 }],
      [[direct, direct, exact], tail],
    ],
    build(model) {
      const dilated = windowOf(3, { dilation: 2, pads: [2, 2, 2, 2] });
      let x = model.conv(0, { outputChannels: 12, groups: 2, window: dilated, clamp: 'relu' });
      model.cut();
      const strided = windowOf(3, { stride: 2, dilation: 2, pads: [1, 3, 2, 0] });
      x = model.conv(x, { outputChannels: 8, groups: 4, window: strided, clamp: 'relu' });
      model.cut();
      // Two channels made of each one read.
      x = model.conv(x, { outputChannels: 16, groups: 8, window: windowOf(2), clamp: 'relu' });
      model.logits(x, classes);
      model.cut();
    },
  },
  'squeeze and excitation': {
    shape: [6, 6, 3],
    plans: [
      [[exact, exact, exact, exact]],
      [[replay, replay, replay, exact]],
      [[local, local, exact, exact], tail],
      [[direct, direct, frozen, exact], tail],
    ],
    build(model) {
      let x = model.conv(0, { outputChannels: 8, window: same, clamp: 'relu' });
      model.cut();
      x = model.conv(x, { outputChannels: 8, window: same });
      let gate = model.averagePool(x, windowOf(6));
      gate = model.conv(gate, { outputChannels: 4, window: windowOf(1), clamp: 'relu' });
      gate = model.conv(gate, { outputChannels: 8, window: windowOf(1) });
      x = model.mul(x, model.lookup(gate, 'hardSigmoid'));
      model.cut();
      const side = model.lookup(model.conv(x, { outputChannels: 8, window: same }), 'sigmoid');
      x = model.mul(x, side);
      model.cut();
      model.logits(x, classes);
      model.cut();
    },
  },
  'pools and branches': {
    shape: [9, 9, 3],
    plans: [
      [[exact, exact, exact, exact]],
      [[frozen, replay, replay, exact]],
      [[local, local, exact, exact], { source: 'tail', kernel: 3 }],
      [[direct, direct, direct, exact], tail],
    ],
    build(model) {
      const x = model.conv(0, { outputChannels: 6, window: same, clamp: 'relu' });
      model.cut();
      const largest = model.maxPool(x, halving);
      const mean = model.averagePool(x, halving, true);
      const learned = model.conv(x, { outputChannels: 4, window: halving, clamp: 'relu' });
      let y = model.concat(largest, mean, learned);
      model.cut();
      y = model.conv(y, { outputChannels: 8, window: windowOf(1), clamp: 'band' });
      y = model.averagePool(y, windowOf(3, { stride: 2, pads: [1, 1, 1, 1] }));
      model.cut();
      y = model.maxPool(y, windowOf(2));
      model.logits(y, classes);
      model.cut();
    },
  },
  perceptron: {
    shape: [4, 3, 2],
    plans: [
      [[exact, exact, exact]],
      [[local, local, exact], { source: 'logits' }],
      [[direct, direct, exact], { source: 'tail' }],
    ],
    build(model) {
      let x = model.dense(0, { outputChannels: 20, clamp: 'relu' });
      model.cut();
      x = model.lookup(model.dense(x, { outputChannels: 16 }), 'tanh');
      x = model.lookup(model.dense(x, { outputChannels: 12 }), 'leakyRelu');
      model.cut();
      model.logits(x, classes);
      model.cut();
    },
  },
  'a quantised pool as output': {
    shape: [6, 6, 3],
    plans: [[[exact, exact]], [[replay, exact]], [[local, exact], tail]],
    build(model) {
      const x = model.conv(0, { outputChannels: 8, window: halving, clamp: 'relu' });
      model.cut();
      const y = model.conv(x, { outputChannels: classes, window: same });
      model.averagePool(y, windowOf(3));
      model.cut();
    },
  },
  'weights of the full range': {
    shape: [6, 6, 3],
    weightLimit: 127,
    plans: [[[exact, exact]], [[replay, exact]], [[direct, exact], { source: 'logits' }]],
    build(model) {
      let x = model.conv(0, { outputChannels: 8, window: same, clamp: 'relu' });
      x = model.add(x, x, 'relu6');
      model.cut();
      x = model.conv(x, { outputChannels: 8, window: halving, clamp: 'relu' });
      model.logits(x, classes);
      model.cut();
    },
  },
  'a head with spare rows': {
    shape: [6, 6, 2],
    plans: [[[exact, exact, exact]], [[local, exact, exact], tail]],
    build(model) {
      let x = model.conv(0, { outputChannels: 8, window: halving, clamp: 'relu' });
      model.cut();
      x = model.conv(x, { outputChannels: 6, window: same, clamp: 'relu' });
      model.cut();
      model.logits(x, classes, 3);
      model.cut();
    },
  },
};

const planDefaults = {
  batchSize: 4,
  epochs: 1,
  learningRate: 0.3, // large, so that every layer moves within a few steps
  feedbackRatio: 0.5,
  clip: 0.05,
  recurrence: null,
} as const satisfies Omit<Plan, 'rules'>;

/** Fresh models on every call; nothing is shared. */
export function engineCases(): EngineCase[] {
  return casesOf(caseModels, 1);
}

/** A case for each plan of each model, by seeds from `firstSeed` on. */
export function casesOf(
  models: { readonly [name: string]: CaseModel },
  firstSeed: number,
): EngineCase[] {
  return Object.entries(models).flatMap(([name, own], index) =>
    own.plans.map((plan, variant) => {
      const label = labelOf(plan);
      return {
        name: `${name}: ${label}`,
        input: inputOf(own, plan, firstSeed + index, variant + 1),
        sequences: own.sequences ?? 'whole',
        isStepwise: own.isStepwise ?? false,
      };
    }),
  );
}

function labelOf([rules, feedback, sequences]: CasePlan): string {
  const parts = [rules.join(' ')];
  if (feedback) parts.push(`from ${feedback.source}`);
  if (sequences) {
    const { exactSteps, earlier } = sequences.recurrence;
    parts.push(`with ${exactSteps} exact steps and ${earlier} before`);
    if (sequences.segments) parts.push(`fed back in ${sequences.segments} segments`);
  }
  return parts.join(' ');
}

function inputOf(
  { shape, weightLimit, build }: CaseModel,
  [rules, feedback, sequences]: CasePlan,
  seed: number,
  feedbackSeed: number,
): CaseInput {
  const random = new RandomModel(seed, shape, weightLimit);
  build(random);
  const { model, modules } = random.finish();
  const segments = sequences?.segments ?? 0;
  return {
    model,
    modules,
    plan: { ...planDefaults, rules, recurrence: sequences?.recurrence ?? null },
    feedback: feedback ? randomFeedback({ model, modules, rules }, feedback, feedbackSeed) : [],
    stateFeedback: segments > 0 ? randomStateFeedback(model, segments, feedbackSeed) : [],
  };
}
