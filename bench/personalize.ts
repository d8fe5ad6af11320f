// One owner, one way to learn: the same examples in, the test accuracy out. Any learner that can take
// a step and predict is measured alike.
import type { StepRates } from '#runtime';
import { argmax, oneHot, schedule, shuffled } from '#runtime';

import { settle } from '../targets/raspberry-pi/peak-memory.ts';
import { startHeapPeak } from './heap-peak/heap-peak.ts';
import type { LabelledSamples, OwnerData } from './tasks/task.ts';

/** float32 as they are, or quantised; a whole number of images. */
export type PreparedImages = Float32Array | Uint8Array;

/** What is compared: a model being trained on batches of float32 images [n, height, width, channels]. */
export interface Trainee extends AsyncDisposable {
  readonly classes: number;
  /** Values of one image. */
  readonly sampleSize: number;
  /** Images in the form that steps take them in; a lesson does this once. */
  prepare(x: Float32Array): PreparedImages;
  /** `rate` is for the summed gradient; `clip` bounds a layer's step over its weights; step counts from 0. */
  learn(
    images: PreparedImages,
    targets: Float32Array,
    rates: Omit<StepRates, 'ratio'>,
  ): Promise<void>;
  /** float32 [n, classes]. */
  predict(x: Float32Array): Promise<Float32Array>;
}

/** Of every arm's layers, as Onward's default plan. */
const clip = 0.02;

export interface Course extends OwnerData {
  /** Of the order of the examples and the rounding. */
  readonly seed: number;
  readonly learningRate: number;
  readonly batchSize: number;
  /** 0 measures without learning. */
  readonly epochs: number;
  /** Measures the test accuracy after each this many steps; by default only before and after. */
  readonly every?: number | null;
}

export interface Personalized {
  /** Fractions of the test images. */
  readonly before: number;
  readonly after: number;
  /** Fractions of the samples of the original domain; null where there are none. */
  readonly originalBefore: number | null;
  readonly originalAfter: number | null;
  readonly steps: number;
  /** Median wall time of a step; 0 without steps. */
  readonly msPerStep: number;
  /** Steps done, and the test accuracy then. */
  readonly curve: readonly (readonly [step: number, accuracy: number])[];
}

/** Learns all of `train` for the epochs asked for, without a gate, and measures on `test`. */
export async function personalize(trainee: Trainee, course: Course): Promise<Personalized> {
  const { train, test, original, seed, learningRate, batchSize, epochs } = course;
  const every = course.every ?? Infinity;
  const all = Array.from(train.y, (_, index) => index);
  const stepsPerEpoch = Math.ceil(all.length / batchSize);
  const steps = stepsPerEpoch * epochs;
  const images = trainee.prepare(train.x);
  const before = await accuracyOn(trainee, test);
  const originalBefore = original && (await accuracyOn(trainee, original));
  const curve: [number, number][] = [[0, before]];
  const times: number[] = [];
  for (let step = 0; step < steps; step++) {
    const order = shuffled(all, seed * 1009 + Math.floor(step / stepsPerEpoch));
    const start = (step % stepsPerEpoch) * batchSize;
    const indices = order.slice(start, start + batchSize);
    const batch = pick(images, trainee.sampleSize, indices);
    const now = schedule({ learningRate, clip }, step, steps);
    const rates = { rate: now.learningRate / batchSize, clip: now.clip, step, seed };
    const started = performance.now();
    await trainee.learn(batch, oneHot(train.y, indices, trainee.classes), rates);
    times.push(performance.now() - started);
    if ((step + 1) % every === 0) curve.push([step + 1, await accuracyOn(trainee, test)]);
  }
  const after = await accuracyOn(trainee, test);
  const originalAfter = original && (await accuracyOn(trainee, original));
  if (curve.at(-1)![0] !== steps) curve.push([steps, after]);
  const msPerStep = steps > 0 ? median(times) : 0;
  return { before, after, originalBefore, originalAfter, steps, msPerStep, curve };
}

const measuredSteps = 7;

/**
 * The most that is allocated at once during a step, over what lived when it began: the lower quartile of several steps,
 * since V8 compiles and collects when it likes and allocates more for both. Garbage is collected between steps,
 * uncounted. Weights do not change: the rate is 0. A first step on one image opens what opens late.
 */
export async function peakOfSteps(
  trainee: Trainee,
  { x, y }: LabelledSamples,
  batchSize: number,
): Promise<number> {
  const images = trainee.prepare(x);
  const batchOf = (count: number): readonly [PreparedImages, Float32Array] => {
    const indices = Array.from({ length: count }, (_, index) => index);
    return [pick(images, trainee.sampleSize, indices), oneHot(y, indices, trainee.classes)];
  };
  const rates = { rate: 0, clip, step: 0, seed: 0 };
  await trainee.learn(...batchOf(1), rates);
  const batch = batchOf(batchSize);
  const peaks: number[] = [];
  for (let step = 0; step < measuredSteps; step++) {
    await settle();
    const finish = startHeapPeak();
    await trainee.learn(...batch, rates);
    peaks.push(finish());
  }
  return peaks.toSorted((a, b) => a - b)[Math.floor(measuredSteps / 4)]!;
}

async function accuracyOn(trainee: Trainee, { x, y }: LabelledSamples): Promise<number> {
  const chunk = 16 * trainee.sampleSize;
  let correct = 0;
  for (let start = 0; start < x.length; start += chunk) {
    const logits = await trainee.predict(x.subarray(start, start + chunk));
    const first = start / trainee.sampleSize;
    for (let n = 0; n * trainee.classes < logits.length; n++) {
      if (argmax(logits, n * trainee.classes, trainee.classes) === y[first + n]) correct++;
    }
  }
  return correct / y.length;
}

function pick(x: PreparedImages, size: number, indices: readonly number[]): PreparedImages {
  const picked = x.slice(0, indices.length * size);
  indices.forEach((index, position) =>
    picked.set(x.subarray(index * size, (index + 1) * size), position * size),
  );
  return picked;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? sorted[Math.floor(middle)]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
