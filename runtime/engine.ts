// What a target must provide to run a model. An engine forwards and updates ranges of modules; it
// knows nothing of epochs, examples or storage. The reference kernels (runtime/kernels/engine.ts)
// define every number it may produce; docs/numerics.md says the same in formulas.
import type { LayerParameters, Model } from './graph/model.ts';
import type { Module } from './graph/module.ts';
import type { Feedback, Plan, StateFeedback } from './learning/plan.ts';

/** A uint8 value [batch, height, width, channels] that lives where the engine computes. */
export interface Activation {
  readonly batch: number;
  dispose(): void;
}

/** A float32 gradient of a value, in real units, same shape; lives where the engine computes. */
export interface Gradient {
  readonly batch: number;
  dispose(): void;
}

/** The numbers that change from step to step. */
export interface StepRates {
  /** Learning rate divided by the batch, for the sum of the samples' gradients. */
  readonly rate: number;
  readonly clip: number;
  /** Multiplies the clipped step. */
  readonly ratio: number;
  /** Counts from 0 within the life of a state; with `seed` it fixes the rounding noise. */
  readonly step: number;
  readonly seed: number;
}

export interface TailResult {
  /** float32 [batch, classes], before the update. */
  readonly logits: Float32Array;
  /** softmax(logits) - target, [batch, 1, 1, classes]; a source of feedback. */
  readonly error: Gradient;
  /** Gradient at the tail's input; null when the engine was asked not to compute it. */
  readonly inputGradient: Gradient | null;
}

export interface Engine extends AsyncDisposable {
  readonly name: string;
  /** Copies uint8 samples [batch, height, width, channels] in. The caller disposes the result. */
  upload(samples: Uint8Array, batch: number): Activation;
  /** Copies an activation out (replay buffers, tests). */
  download(activation: Activation): Promise<Uint8Array>;
  /** Float32 logits [batch, classes] of the whole model. */
  predict(samples: Uint8Array, batch: number): Promise<Float32Array>;
  /** Runs modules [from, to). Does not dispose `input`. */
  forward(from: number, to: number, input: Activation): Promise<Activation>;
  /**
   * Runs modules [from, end) holding their activations, takes the error against `targets`
   * (float32 [batch, classes], rows summing to 1), and updates every layer in them in place.
   */
  learnTail(
    from: number,
    input: Activation,
    targets: Float32Array,
    rates: StepRates,
  ): Promise<TailResult>;
  /** Re-forwards a module, updates its layers from the feedback of `source`, returns its output (old weights). */
  learnByFeedback(
    module: number,
    input: Activation,
    source: Gradient,
    rates: StepRates,
  ): Promise<Activation>;
  /** Re-forwards a module, updates its layers from the exact gradient at its end, returns the gradient at its input. */
  learnByReplay(
    module: number,
    input: Activation,
    gradient: Gradient,
    rates: StepRates,
  ): Promise<Gradient>;
  /** Makes the arrays given at opening hold the current weights. */
  pull(): Promise<void>;
  /** Makes the engine use what the arrays hold now. */
  push(): Promise<void>;
}

/** Everything an engine needs to know; `parameters` is what it updates. */
export interface EngineInput {
  readonly model: Model;
  readonly modules: readonly Module[];
  readonly plan: Plan;
  readonly feedback: readonly Feedback[];
  readonly stateFeedback: readonly StateFeedback[];
  /** By node index; the arrays an engine reads weights from and writes new weights to. */
  readonly parameters: ReadonlyMap<number, LayerParameters>;
  /** Programs exported for this engine's target, by name; empty for engines that write their own. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
}
