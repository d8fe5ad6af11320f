// What every operator provides: its value, and the product of a gradient with its Jacobian.
import type { OperatorAttributes, OperatorName } from '#runtime';

import type { FloatArray, FloatParameters, FloatTensor } from './array.ts';

export interface FloatCall<Name extends OperatorName> {
  readonly attributes: OperatorAttributes[Name];
  readonly batch: number;
  readonly inputs: readonly FloatTensor[];
  readonly output: FloatTensor;
  /** Null for operators without weights. */
  readonly parameters: FloatParameters | null;
}

/** Of a loss summed over the batch. */
export interface FloatGradients {
  /** With respect to the output as it stands, after its clamp. Read only. */
  readonly output: FloatArray;
  /** One per input, null where nobody asks; operators add to them, for a value may have several users. */
  readonly inputs: readonly (FloatArray | null)[];
  /** Written where asked for; zeros before. */
  readonly parameters: FloatParameters | null;
}

export interface FloatOperator<Name extends OperatorName> {
  /** Writes all of `call.output.data`. */
  forward(call: FloatCall<Name>): void;
  /** Reads inputs and output as `forward` left them. */
  backward(call: FloatCall<Name>, gradients: FloatGradients): void;
}
