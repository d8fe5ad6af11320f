// What `onward bench` compares: a model that takes steps on batches of a user's samples, and predicts.
import type { StepRates } from '#runtime';

export interface Trainee extends AsyncDisposable {
  /** Logits of one sample, spare ones included. */
  readonly rows: number;
  /** One step in place on uint8 samples [n, height, width, channels], with a class index each. */
  learn(
    samples: Uint8Array,
    labels: readonly number[],
    rates: Omit<StepRates, 'ratio'>,
  ): Promise<void>;
  /** float32 [n, rows] of uint8 samples. */
  predict(samples: Uint8Array): Promise<Float32Array>;
}
