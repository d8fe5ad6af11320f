// One owner, one way to learn: the same examples in, the test accuracy out.
import type { AssembledContent } from '#exporters';
import { accuracyOf, layoutOf, quantizeSamples, runLesson, sizeOf } from '#runtime';

import { openOnnxRuntimeEngine } from '../targets/raspberry-pi/engine/onnx-runtime-engine.ts';
import { copyParameters, engineInput } from '../targets/raspberry-pi/teach.ts';
import type { LabelledImages } from './tasks/digit-users.ts';

export interface Personalization {
  readonly content: AssembledContent;
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** Of the order of the examples and the rounding. */
  readonly seed: number;
  readonly learningRate?: number;
  readonly epochs?: number;
  /** Measures the test accuracy after each this many steps; by default only before and after. */
  readonly every?: number;
}

export interface Personalized {
  /** Fractions of the test images. */
  readonly before: number;
  readonly after: number;
  readonly steps: number;
  /** Median wall time of a step. */
  readonly msPerStep: number;
  /** Steps done, and the test accuracy then. */
  readonly curve: readonly (readonly [step: number, accuracy: number])[];
}

/** Learns all of `train` on ONNX Runtime, without a gate, and measures on `test`. */
export async function personalize(task: Personalization): Promise<Personalized> {
  const { content, train, test, seed, every = Infinity } = task;
  const { model, modules, plan, feedback, input } = content;
  const format = {
    shape: model.graph.inputShape,
    quantization: model.quantization[0]!,
    description: input,
  };
  const size = sizeOf(format.shape);
  const parameters = copyParameters(model.layers);
  await using engine = await openOnnxRuntimeEngine(engineInput(content, parameters));
  const testSamples = quantizeSamples(test.x, format);
  const measure = (): Promise<number> => accuracyOf(engine, testSamples, test.y, size);
  const before = await measure();
  const curve: [number, number][] = [[0, before]];
  const times: number[] = [];
  let started = performance.now();
  const lesson = {
    engine,
    layout: layoutOf(plan, modules, feedback),
    plan,
    parameters,
    classes: content.labels.length,
    sampleSize: size,
    firstStep: 0,
  };
  const examples = { samples: quantizeSamples(train.x, format), labels: train.y };
  const { steps } = await runLesson(lesson, examples, {
    seed,
    holdout: 0,
    keep: 'always',
    ...(task.learningRate === undefined ? {} : { learningRate: task.learningRate }),
    ...(task.epochs === undefined ? {} : { epochs: task.epochs }),
    onProgress: async ({ step }) => {
      times.push(performance.now() - started);
      if (step % every === 0) curve.push([step, await measure()]);
      started = performance.now();
    },
  });
  const after = await measure();
  if (curve.at(-1)![0] !== steps) curve.push([steps, after]);
  return { before, after, steps, msPerStep: median(times), curve };
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? sorted[Math.floor(middle)]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
