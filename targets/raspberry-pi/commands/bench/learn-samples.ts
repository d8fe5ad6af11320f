import { learnStep } from '#runtime';
import type { Engine, StepLayout, StepRates } from '#runtime';

export interface SampleBatch {
  /** uint8 [batch, height, width, channels]. */
  readonly samples: Uint8Array;
  readonly batch: number;
  /** float32 [batch, classes], rows summing to 1. */
  readonly targets: Float32Array;
}

/** One step on samples, forwarded first through the modules that never learn. Updates the engine's weights in place. */
export async function learnSamples(
  engine: Engine,
  layout: StepLayout,
  { samples, batch, targets }: SampleBatch,
  rates: Omit<StepRates, 'ratio'>,
): Promise<void> {
  const uploaded = engine.upload(samples, batch);
  const input = layout.trained > 0 ? await engine.forward(0, layout.trained, uploaded) : uploaded;
  await learnStep(engine, layout, { input, targets }, { ...rates, ratio: 1 });
  if (input !== uploaded) input.dispose();
  uploaded.dispose();
}
