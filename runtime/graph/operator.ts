// The operators of a model, as data. Adding a name to OperatorAttributes makes every table that
// lacks it (shapes, kernels, float gradients, ONNX programs) a type error, so nothing is forgotten.
import type { CellName } from './cell.ts';
import type { Shape } from './shape.ts';

/** Output is clamped to [minimum, maximum] in real units: relu is [0, Infinity], relu6 is [0, 6]. */
export interface Clamp {
  readonly minimum: number;
  readonly maximum: number;
}

/** A window sliding over height and width. Pads are [top, left, bottom, right] in pixels. */
export interface Window {
  readonly kernel: readonly [height: number, width: number];
  readonly stride: readonly [height: number, width: number];
  readonly dilation: readonly [height: number, width: number];
  readonly pads: readonly [top: number, left: number, bottom: number, right: number];
}

export type Activation = 'leakyRelu' | 'hardSwish' | 'hardSigmoid' | 'sigmoid' | 'tanh' | 'clamp';

export interface OperatorAttributes {
  /** y = clamp(W * x + b). Weights [outputChannels, kernelHeight, kernelWidth, inputChannels / groups]. */
  conv: {
    readonly window: Window;
    readonly outputChannels: number;
    readonly groups: number;
    readonly clamp: Clamp | null;
  };
  /** y = clamp(W x + b) on the flattened (height, width, channels) input. Weights [outputChannels, inputs]. */
  dense: { readonly outputChannels: number; readonly clamp: Clamp | null };
  /** y = clamp(a + b), equal shapes. */
  add: { readonly clamp: Clamp | null };
  /** y = a * b; b has a's shape, or height = width = 1 (a scale per channel). */
  mul: Record<never, never>;
  /** Inputs one after another along channels. */
  concat: Record<never, never>;
  maxPool: { readonly window: Window };
  /** Mean over a window; padding counts in the divisor only with countPadding. */
  averagePool: { readonly window: Window; readonly countPadding: boolean };
  /** y = f(x) element by element, a table of 256 entries once quantised. `parameters` as the ONNX operator's. */
  lookup: { readonly activation: Activation; readonly parameters: readonly number[] };
  /** y[p] = table[x[p]]: a token's vector, `size` values. Tables are not learned. */
  embedding: { readonly size: number };
  /**
   * A recurrent layer over [steps, 1, features]: two linear maps and a cell (cell.ts, docs/numerics.md).
   * `reverse` runs from the last step to the first, for prediction only. Samples may be shorter than the sequence: their
   * steps are its last ones, and the state does not change before them.
   */
  recurrent: {
    readonly cell: CellName;
    readonly hiddenSize: number;
    readonly reverse: boolean;
    readonly output: 'sequence' | 'last';
    /** Hidden state before the first step, then the cell state (LSTM); empty for zeros. */
    readonly initialState: readonly number[];
  };
}

export type OperatorName = keyof OperatorAttributes;

/** Operators with weights and a bias, which learning updates. */
export type LayerName = 'conv' | 'dense';

export interface OperatorDefinition<Name extends OperatorName> {
  /** Shape of the output, without the batch; throws InputError naming the operator if inputs do not fit. */
  inferShape(inputs: readonly Shape[], attributes: OperatorAttributes[Name]): Shape;
  /** Shape of the weights, or null where the operator has none. */
  weightShape(
    inputs: readonly Shape[],
    attributes: OperatorAttributes[Name],
  ): readonly number[] | null;
}
