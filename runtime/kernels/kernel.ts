// What an operator's kernel is: two pure functions. uint8 values and float32 gradients go in and
// fresh ones come out; tensors are [n, height, width, channels].
import type { OperatorName } from '../graph/operator.ts';
import type { SequenceContext } from './recurrent/sequence-context.ts';
import type { Site } from './site.ts';

/** What backward may look at. Nothing here is modified. */
export interface BackwardCall {
  readonly inputs: readonly Uint8Array[];
  readonly output: Uint8Array;
  /** Of the output, already gated where the operator has a clamp. */
  readonly gradient: Float32Array;
  readonly batch: number;
  /** One per input; only these gradients are computed. */
  readonly wanted: readonly boolean[];
}

/** Operators that a gradient goes back through by itself; a recurrent layer's goes step by step (recurrent/). */
export type DifferentiableName = Exclude<OperatorName, 'recurrent' | 'embedding'>;

export interface ForwardKernel<Name extends OperatorName> {
  forward(
    site: Site<Name>,
    inputs: readonly Uint8Array[],
    batch: number,
    context: SequenceContext,
  ): Uint8Array;
}

export interface Kernel<Name extends DifferentiableName> extends ForwardKernel<Name> {
  forward(site: Site<Name>, inputs: readonly Uint8Array[], batch: number): Uint8Array;
  /** Gradients of the inputs; null where not wanted. */
  backward(site: Site<Name>, call: BackwardCall): readonly (Float32Array | null)[];
}
