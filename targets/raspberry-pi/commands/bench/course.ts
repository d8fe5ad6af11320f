// Learning all of some examples, without a gate and without old ones, and judging by others.
import { argmax, schedule, shuffled, softmax } from '#runtime';

import { pick } from './examples.ts';
import type { Examples } from './examples.ts';
import type { Trainee } from './trainee.ts';

export interface Course {
  readonly examples: Examples;
  /** Values of a sample. */
  readonly size: number;
  readonly learningRate: number;
  readonly clip: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Of the order and the rounding. */
  readonly seed: number;
  /** After each step; may throw to end the course. */
  readonly onStep: (step: number, steps: number) => void;
}

/** The order, the rates and the batches are those of a lesson. Resolves with the number of steps. */
export async function learn(trainee: Trainee, course: Course): Promise<number> {
  const { examples, size, learningRate, clip, batchSize, epochs, seed, onStep } = course;
  const all = examples.labels.map((_, index) => index);
  const steps = Math.ceil(all.length / batchSize) * epochs;
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(all, seed * 1009 + epoch);
    for (let start = 0; start < order.length; start += batchSize) {
      const { samples, labels } = pick(examples, size, order.slice(start, start + batchSize));
      const now = schedule({ learningRate, clip }, step, steps);
      const rates = { rate: now.learningRate / batchSize, clip: now.clip, step, seed };
      await trainee.learn(samples, labels, rates);
      step++;
      onStep(step, steps);
    }
  }
  return step;
}

export interface Score {
  /** Fraction of right ones, 0 to 1. */
  readonly accuracy: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
}

export async function score(
  trainee: Trainee,
  { samples, labels }: Examples,
  size: number,
): Promise<Score> {
  const { rows } = trainee;
  let [right, loss] = [0, 0];
  for (let start = 0; start < labels.length; start += 16) {
    const own = labels.slice(start, start + 16);
    const chunk = samples.subarray(start * size, (start + own.length) * size);
    const logits = await trainee.predict(chunk);
    for (const [n, label] of own.entries()) {
      if (argmax(logits, n * rows, rows) === label) right++;
      loss -= Math.log(Math.max(1e-7, softmax(logits, n * rows, rows)[label] ?? 0));
    }
  }
  return { accuracy: right / labels.length, loss: loss / labels.length };
}
