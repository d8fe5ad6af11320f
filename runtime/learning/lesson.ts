// A lesson is a transaction: some examples are held out, the rest are learned, and the new weights
// stand only if the held-out accuracy did not fall. Otherwise the old ones do, bit for bit.
import type { Engine, StepRates } from '../engine.ts';
import { copyParameters, overwriteParameters } from '../graph/parameters.ts';
import type { Parameters } from '../graph/parameters.ts';
import { accuracyOf } from './accuracy.ts';
import { crossEntropy } from './cross-entropy.ts';
import { oneHot, selectSamples, splitExamples } from './examples.ts';
import type { Examples } from './examples.ts';
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
  /** Mean cross-entropy of the last batch, before its update, in nats. */
  readonly loss: number;
}

export interface LessonOptions {
  /** Default: the plan's. */
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  /** Fraction of each class held out for the gate, 0 to 0.5; default 0.2. */
  readonly holdout?: number;
  /** Fixes the split, the order and the rounding; default 0. */
  readonly seed?: number;
  /** `always` keeps the new weights whatever the held-out accuracy says; default `improved`. */
  readonly keep?: 'improved' | 'always';
  readonly signal?: AbortSignalLike;
  /** Called after each step; the next one waits for it, so it may pace the lesson. */
  readonly onProgress?: (progress: LessonProgress) => void | Promise<void>;
}

/** The part of AbortSignal a lesson reads. */
export interface AbortSignalLike {
  readonly aborted: boolean;
}

export interface LessonReport {
  readonly samples: number;
  /** Examples that judged the lesson; 0 means that all were learned and judged it themselves. */
  readonly holdout: number;
  readonly steps: number;
  /** Fractions, 0 to 1. */
  readonly accuracyBefore: number;
  readonly accuracyAfter: number;
  readonly kept: boolean;
}

/** What a lesson works on; `parameters` are the arrays the engine was opened with. */
export interface Lesson {
  readonly engine: Engine;
  readonly layout: StepLayout;
  readonly plan: Plan;
  readonly parameters: Parameters;
  readonly classes: number;
  /** uint8 values of one sample. */
  readonly sampleSize: number;
  /** Steps learned in earlier lessons; goes into the rounding noise. */
  readonly firstStep: number;
}

/**
 * Learns from `examples` and updates `lesson.parameters` in place, or leaves them bit for bit as they
 * were: when the gate says no, when `signal` is aborted, and when anything throws.
 */
export async function runLesson(
  lesson: Lesson,
  examples: Examples,
  options: LessonOptions = {},
): Promise<LessonReport> {
  const { engine, parameters, sampleSize } = lesson;
  const before = copyParameters(parameters);
  const split = splitExamples(examples.labels, options.holdout ?? 0.2, options.seed ?? 0);
  const judges = split.holdout.length > 0 ? split.holdout : split.training;
  const judged = selectSamples(examples.samples, sampleSize, judges);
  const labels = judges.map((index) => examples.labels[index]!);
  try {
    const accuracyBefore = await accuracyOf(engine, judged, labels, sampleSize);
    const steps = await learn(lesson, examples, split.training, options);
    const accuracyAfter = await accuracyOf(engine, judged, labels, sampleSize);
    const kept =
      !options.signal?.aborted && (options.keep === 'always' || accuracyAfter >= accuracyBefore);
    if (kept) await engine.pull();
    else await restore(engine, parameters, before);
    const samples = examples.labels.length;
    return { samples, holdout: split.holdout.length, steps, accuracyBefore, accuracyAfter, kept };
  } catch (error) {
    await restore(engine, parameters, before);
    throw error;
  }
}

async function learn(
  lesson: Lesson,
  examples: Examples,
  training: readonly number[],
  options: LessonOptions,
): Promise<number> {
  const { plan, firstStep } = lesson;
  const { seed = 0, epochs = plan.epochs, batchSize = plan.batchSize } = options;
  const { learningRate = plan.learningRate, signal, onProgress } = options;
  const steps = Math.ceil(training.length / batchSize) * epochs;
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(training, seed * 1009 + epoch);
    for (let start = 0; start < order.length; start += batchSize) {
      if (signal?.aborted) return step;
      const indices = order.slice(start, start + batchSize);
      const now = schedule({ learningRate, clip: plan.clip }, step, steps);
      const rate = now.learningRate / batchSize;
      const rates = { rate, clip: now.clip, ratio: 1, step: firstStep + step, seed };
      const loss = await learnBatch(lesson, examples, indices, rates);
      step++;
      await onProgress?.({ step, steps, epoch, loss });
    }
  }
  return step;
}

/** One step on the examples at `indices`; resolves with their loss before it. */
async function learnBatch(
  { engine, layout, classes, sampleSize }: Lesson,
  { samples, labels }: Examples,
  indices: readonly number[],
  rates: StepRates,
): Promise<number> {
  const targets = oneHot(labels, indices, classes);
  const batch = engine.upload(selectSamples(samples, sampleSize, indices), indices.length);
  const input = layout.trained > 0 ? await engine.forward(0, layout.trained, batch) : batch;
  const logits = await learnStep(engine, layout, { input, targets }, rates);
  if (input !== batch) input.dispose();
  batch.dispose();
  return crossEntropy(logits, targets, classes);
}

async function restore(engine: Engine, parameters: Parameters, before: Parameters): Promise<void> {
  overwriteParameters(parameters, before);
  await engine.push();
}
