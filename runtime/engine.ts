// What a target must provide to run a model. An engine forwards and updates ranges of modules; it
// knows nothing of epochs, examples or storage. The reference kernels (runtime/kernels/engine.ts)
// define every number it may produce; docs/numerics.md says the same in formulas.
import type { LayerParameters, Model } from './graph/model.ts';
import type { Module } from './graph/module.ts';
import type { Feedback, Plan, StateFeedback } from './learning/plan.ts';

/** What a recurrent layer carries from step to step, for each sequence of a batch; both [batch, hiddenSize]. */
export interface RecurrentState {
  /** uint8, in hiddenQuantization. */
  readonly hidden: Uint8Array;
  /** The cell state, or the hidden state as it is before quantization. */
  readonly state: Float32Array;
}

/** By node index, of every recurrent layer. */
export type SequenceState = ReadonlyMap<number, RecurrentState>;

/** How the sequences of a batch start; for models with recurrent layers. */
export interface Sequence {
  /** Steps of each sample in the model's input, at least 1; they are the last ones of the sequence. Default: all. */
  readonly lengths?: Int32Array | undefined;
  /** The states before the first step; not modified. Default: the layers' initial states. */
  readonly state?: SequenceState | undefined;
}

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
  /** softmax(logits) - target, shaped like the logits; a source of feedback where they have one position. */
  readonly error: Gradient;
  /** Gradient at the tail's input; null when the engine was asked not to compute it. */
  readonly inputGradient: Gradient | null;
}

export interface Engine extends AsyncDisposable {
  readonly name: string;
  /**
   * Takes uint8 samples [batch, height, width, channels] in; an engine may read the caller's array instead of a copy,
   * so they stay as they are until the caller disposes the result.
   */
  upload(samples: Uint8Array, batch: number, sequence?: Sequence): Activation;
  /** Copies an activation out (replay buffers, tests). */
  download(activation: Activation): Promise<Uint8Array>;
  /** Float32 logits [batch, classes] of the whole model; [batch, steps, classes] where it has them for every step. */
  predict(samples: Uint8Array, batch: number, sequence?: Sequence): Promise<Float32Array>;
  /** Runs modules [from, to). Does not dispose `input`. */
  forward(from: number, to: number, input: Activation): Promise<Activation>;
  /**
   * Runs modules [from, end) holding their activations, takes the error against `targets`
   * (float32 like the logits, rows summing to 1, or all 0 where a step is not judged), and updates every layer in them in place.
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
  /** Re-forwards a module, updates its layers from the exact gradient at its end, returns the gradient at its input, which may be empty where no module before it learns. */
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

/** An engine that also runs a model one time step at a time. */
export interface SequenceEngine extends Engine {
  /**
   * One step of each sequence: uint8 samples [batch, 1, 1, features]. Resolves with the float32 logits [batch, classes]
   * of this step and fresh states; `state` null stands for the initial ones. Throws UnsupportedError, naming the node, for models in which a
   * step's value depends on others than by recurrent layers (a window over time, an output of all steps at once).
   */
  predictStep(
    samples: Uint8Array,
    batch: number,
    state: SequenceState | null,
  ): Promise<{ readonly logits: Float32Array; readonly state: SequenceState }>;
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
