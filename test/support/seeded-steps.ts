// Learning steps that depend on a seed and on nothing else, so that two engines, here or in a page, can
// be asked to learn the same.
import { inferShapes, layoutOf, learnStep, sizeOf } from '#runtime';
import type { Engine, EngineInput, StepRates } from '#runtime';

import { randomStream } from './random-stream.ts';

export type Learnable = Omit<EngineInput, 'parameters' | 'programs'>;

/** Uniform uint8 samples, as the model takes them. */
export function seededSamples({ model }: Learnable, batch: number, seed: number): Uint8Array {
  const random = randomStream(seed);
  const length = batch * sizeOf(model.graph.inputShape);
  return Uint8Array.from({ length }, () => Math.floor(256 * random()));
}

/** Learns `steps` batches of four and gives the logits of each step, from before its update. */
export async function learnSeededSteps(
  engine: Engine,
  content: Learnable,
  steps: number,
): Promise<Float32Array[]> {
  const batch = 4;
  const { plan, modules, feedback, model } = content;
  const layout = layoutOf(plan, modules, feedback);
  const classes = inferShapes(model.graph).at(-1)![2];
  const all: Float32Array[] = [];
  for (let step = 0; step < steps; step++) {
    const rates: StepRates = { rate: 0.06 / batch, clip: 0.02, ratio: 1, step, seed: 3 };
    const targets = new Float32Array(batch * classes);
    for (let n = 0; n < batch; n++) targets[n * classes + ((7 * n + step) % classes)] = 1;
    const samples = engine.upload(seededSamples(content, batch, step + 1), batch);
    const input = await engine.forward(0, layout.trained, samples);
    all.push(await learnStep(engine, layout, { input, targets }, rates));
    input.dispose();
    samples.dispose();
  }
  await engine.pull();
  return all;
}
