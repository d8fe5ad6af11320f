// What recurrent layers need to know of a call beyond their input, and what they leave behind.
import type { RecurrentState, Sequence } from '../../engine.ts';
import type { StateFeedback } from '../../learning/plan.ts';
import type { Recurrence } from '../../learning/recurrence.ts';
import type { CarriedState } from './carried-state.ts';

export interface SequenceContext {
  /** How the samples start; undefined for whole ones from the layers' initial states. */
  readonly sequence: Sequence | undefined;
  /** Steps of the model's input, which lengths count. */
  readonly inputSteps: number;
  /** Of calls that learn. */
  readonly learning: SequenceLearning | null;
  /** By node index; layers write their states after the last step there. */
  readonly finalStates: Map<number, RecurrentState>;
}

/** How recurrent layers learn; a forward pass writes to `kept`. */
export interface SequenceLearning {
  readonly recurrence: Recurrence;
  /** By node index. */
  readonly feedback: ReadonlyMap<number, StateFeedback>;
  readonly kept: Map<number, KeptStates>;
}

/** What a forward pass keeps of a layer for learning: the states that `sequenceCalls` asks for. */
export interface KeptStates {
  /** By the step they come before. */
  readonly states: ReadonlyMap<number, CarriedState>;
  /** L before the last of them: int32 [batch, hiddenSize]. */
  readonly decay: Int32Array;
}

/** Of a call on whole sequences that does not learn. */
export function plainContext(inputSteps: number, sequence?: Sequence): SequenceContext {
  return { sequence, inputSteps, learning: null, finalStates: new Map() };
}
