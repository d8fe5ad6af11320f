// One learning step of a stream: the last steps of its sequence, from the state before them, as a batch of one.
import type { Engine } from '../engine.ts';
import type { PackageContent } from '../package/content.ts';
import { oneHot } from './examples.ts';
import { layoutOf } from './layout.ts';
import { learnStep } from './step.ts';
import type { Window } from './stream-window.ts';

export interface StreamLesson {
  /** A class for each position of the logits, -1 where it is not judged. */
  readonly labels: readonly number[];
  readonly classes: number;
  /** Per label; default: the plan's over its batch size, which moves the weights as a sample of a lesson does. So is the clip. */
  readonly learningRate?: number | undefined;
  /** Steps learned in this stream, and before it. */
  readonly learned: number;
  readonly firstStep: number;
}

/** Rate and clip rise over so many steps, for the reason that schedule.ts gives. */
const rise = 16;

/** Updates the engine's weights; resolves with the float32 logits of all positions from before. */
export async function learnWindow(
  engine: Engine,
  { plan, modules, feedback }: Pick<PackageContent, 'plan' | 'modules' | 'feedback'>,
  { samples, sequence }: Window,
  lesson: StreamLesson,
): Promise<Float32Array> {
  const { labels, classes, learned, firstStep } = lesson;
  const { learningRate = plan.learningRate / plan.batchSize } = lesson;
  const layout = layoutOf(plan, modules, feedback);
  const share = Math.min(1, (learned + 1) / rise);
  const judged = labels.filter((label) => label >= 0).length;
  const rates = {
    rate: (learningRate * share) / judged,
    clip: (plan.clip * share) / plan.batchSize,
    ratio: 1,
    step: firstStep + learned,
    seed: 0,
  };
  const targets = oneHot(labels, [...labels.keys()], classes);
  const batch = engine.upload(samples, 1, sequence);
  const input = layout.trained > 0 ? await engine.forward(0, layout.trained, batch) : batch;
  try {
    return await learnStep(engine, layout, { input, targets }, rates);
  } finally {
    if (input !== batch) input.dispose();
    batch.dispose();
  }
}
