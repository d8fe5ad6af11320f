// The cells of recurrent layers, as data: how many gates, in ONNX's order, and which of them squash with
// tanh instead of a sigmoid.
import { InputError } from '../errors.ts';
import type { LayerParameters, Quantization } from './model.ts';
import type { OperatorAttributes } from './operator.ts';

export type CellName = 'lstm' | 'gru' | 'rnn';

export interface Cell {
  /** Rows of W and of U over the hidden size. */
  readonly gates: number;
  /** Index of the gate that goes through tanh; the others go through a sigmoid. */
  readonly tanhGate: number;
  /** Index of the gate that the state is multiplied by from step to step; null where there is none. */
  readonly keepGate: number | null;
  /** True where the carried state is not the output itself (LSTM). */
  readonly hasCellState: boolean;
}

/** Gates in ONNX's order: LSTM i o f g, GRU z r n, RNN n. */
export const cells: { readonly [Name in CellName]: Cell } = {
  lstm: { gates: 4, tanhGate: 3, keepGate: 2, hasCellState: true },
  gru: { gates: 3, tanhGate: 2, keepGate: 0, hasCellState: false },
  rnn: { gates: 1, tanhGate: 0, keepGate: null, hasCellState: false },
};

/** Of every hidden state: tanh's range, and the largest power of two that holds it. */
export const hiddenQuantization: Quantization = { scale: 1 / 128, zeroPoint: 128 };

/** The two linear maps of a recurrent layer: W [rows, features] on the input, U [rows, hidden] on the hidden state. */
export interface LinearMaps {
  readonly input: LayerParameters;
  readonly hidden: LayerParameters;
}

/** Gates times hidden size. */
export function rowsOf({ cell, hiddenSize }: OperatorAttributes['recurrent']): number {
  return cells[cell].gates * hiddenSize;
}

/**
 * Views of a recurrent layer's arrays, which hold W then U: weights [rows * features + rows * hidden], bias [rows + rows]
 * (at inputScale * scale, and at hiddenScale * scale), weightScales [rows + rows]. Throws InputError for other lengths.
 */
export function linearMaps(
  { weights, bias, weightScales }: LayerParameters,
  attributes: OperatorAttributes['recurrent'],
  features: number,
): LinearMaps {
  const rows = rowsOf(attributes);
  const expected = rows * (features + attributes.hiddenSize);
  if (weights.length !== expected || bias.length !== 2 * rows || weightScales.length !== 2 * rows) {
    throw new InputError(
      `recurrent: expected ${expected} weights, ${2 * rows} biases and scales, got ${weights.length}, ${bias.length} and ${weightScales.length}`,
    );
  }
  return {
    input: {
      weights: weights.subarray(0, rows * features),
      bias: bias.subarray(0, rows),
      weightScales: weightScales.subarray(0, rows),
    },
    hidden: {
      weights: weights.subarray(rows * features),
      bias: bias.subarray(rows),
      weightScales: weightScales.subarray(rows),
    },
  };
}
