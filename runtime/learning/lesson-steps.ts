// The steps of a lesson: in each epoch all new examples and a share of the old ones, in a new order.
import type { Engine, StepRates } from '../engine.ts';
import { judgeLogits, meanLoss } from './accuracy.ts';
import { labelsAt, oneHot, selectSamples, sequenceOf } from './examples.ts';
import type { Examples, SampleSize } from './examples.ts';
import type { StepLayout } from './layout.ts';
import type { Plan } from './plan.ts';
import { schedule } from './schedule.ts';
import { shuffled } from './shuffle.ts';
import { learnStep } from './step.ts';

export interface LessonProgress {
  /** Steps done and to do. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  /** Mean cross-entropy of the last batch, before its update, in nats; at most 16 of each label. */
  readonly loss: number;
}

export interface StepOptions {
  /** Default: the plan's. */
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  /** Old examples learned again for each new one, as far as there are; default 1. */
  readonly rehearsal?: number;
  /** Fixes the split, the order and the rounding; default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignalLike;
  /** Called after each step; the next one waits for it, so it may pace the lesson. */
  readonly onProgress?: (progress: LessonProgress) => void | Promise<void>;
}

/** The part of AbortSignal a lesson reads. */
export interface AbortSignalLike {
  readonly aborted: boolean;
}

/** What is learned from; `training`, the new ones, and `rehearsed`, old ones, are indices of `examples`. */
export interface Course extends SampleSize {
  readonly engine: Engine;
  readonly layout: StepLayout;
  readonly plan: Plan;
  readonly classes: number;
  readonly examples: Examples;
  readonly training: readonly number[];
  readonly rehearsed: readonly number[];
  readonly firstStep: number;
}

/** Updates the engine's weights; resolves with the number of steps, fewer where `signal` was aborted. */
export async function learnSteps(course: Course, options: StepOptions): Promise<number> {
  const { plan, training, rehearsed, firstStep } = course;
  const { seed = 0, epochs = plan.epochs, batchSize = plan.batchSize } = options;
  const { learningRate = plan.learningRate, rehearsal = 1, signal, onProgress } = options;
  const share = Math.min(rehearsed.length, Math.ceil(training.length * rehearsal));
  const steps = Math.ceil((training.length + share) / batchSize) * epochs;
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const again = shuffled(rehearsed, seed * 1009 + epoch).slice(0, share);
    const order = shuffled([...training, ...again], seed * 1009 + epoch);
    for (let start = 0; start < order.length; start += batchSize) {
      if (signal?.aborted) return step;
      const indices = order.slice(start, start + batchSize);
      const now = schedule({ learningRate, clip: plan.clip }, step, steps);
      // The mean over what is judged; of a batch that is not full, as if it were.
      const labels = labelsAt(course.examples, course.size, indices);
      const judged = labels.filter((label) => label >= 0).length;
      const rate = now.learningRate / ((Math.max(1, judged) * batchSize) / indices.length);
      const rates = { rate, clip: now.clip, ratio: 1, step: firstStep + step, seed };
      const loss = await learnBatch(course, { indices, labels }, rates);
      step++;
      await onProgress?.({ step, steps, epoch, loss });
    }
  }
  return step;
}

/** One step on the examples at `indices`, `labels` at each of their positions; resolves with their loss before it. */
async function learnBatch(
  { engine, layout, classes, size, steps, examples }: Course,
  { indices, labels }: { readonly indices: readonly number[]; readonly labels: readonly number[] },
  rates: StepRates,
): Promise<number> {
  const targets = oneHot(labels, [...labels.keys()], classes);
  const starts = sequenceOf(examples, steps, indices);
  const samples = selectSamples(examples.samples, size, indices);
  const batch = engine.upload(samples, indices.length, starts);
  const input = layout.trained > 0 ? await engine.forward(0, layout.trained, batch) : batch;
  const logits = await learnStep(engine, layout, { input, targets }, rates);
  if (input !== batch) input.dispose();
  batch.dispose();
  return meanLoss(judgeLogits(logits, labels));
}
