// A recurrent layer in the float32 program (programs/float/float-recurrent.ts), on a tape: the states before all steps
// and their gates are held, then the gradients of all gates beside them. Bytes, n samples of t steps, H hidden size,
// R = gates * H:
// held 4 n t (states + gates) H;  gradients 4 n t R, of a GRU twice;  weights 4 (R features + R H)
import { cells, rowsOf } from '#runtime';
import type { OperatorAttributes } from '#runtime';

import { traceWidths } from '../programs/float/float-cells.ts';
import { cellPrograms } from '../programs/recurrent/cells.ts';
import type { FloatNode } from './float-nodes.ts';

/** Counted: of any loop, and of a step on its way back, in hidden sizes of float32 a sample. */
const loopBytes = 17_000;
const stepWidths = { lstm: 25, gru: 11, rnn: 4 } as const;

export interface FloatLoop {
  readonly output: number;
  readonly kernels: null;
  /** From the gradient of the output to that of the input, null where not wanted. */
  backward(call: {
    readonly gradient: number;
    readonly wantsInput: boolean;
    readonly update: (bytes: number, value: number) => void;
  }): number | null;
}

export function addFloatLoop(
  { tape, batch, inputs, inputShapes }: FloatNode,
  { cell, hiddenSize, output, reverse }: OperatorAttributes['recurrent'],
): FloatLoop {
  const [steps, , features] = inputShapes[0]!;
  const rows = rowsOf({ cell, hiddenSize, output, reverse, initialState: [] });
  const isLast = output === 'last';
  const hasCellState = cells[cell].hasCellState;
  const width = 4 * batch * hiddenSize;
  const ofStates = hasCellState ? [width, width] : [width];
  const inputBytes = 4 * batch * steps * features;
  const inTime = tape.view(tape.add(inputBytes, inputs));
  const [w, u] = [features, hiddenSize].map((columns) => tape.view(tape.add(4 * rows * columns)));
  const turned = [
    tape.add(4 * rows * features, [w!]),
    tape.add(4 * rows * hiddenSize, [u!]),
    tape.add(width, [inTime]),
  ];
  const traces = traceWidths[cell].map((own) => own * steps * width);
  const made = tape.addWithOutputs(
    [
      ...ofStates,
      ...(isLast ? [] : [steps * width]),
      ...ofStates.map((own) => own * steps),
      ...traces,
    ],
    [inTime, ...turned],
    loopBytes,
  );
  const kept = made.slice(ofStates.length + (isLast ? 0 : 1));
  const [hidden, state] = [kept[0]!, kept[ofStates.length - 1]!];
  const gates = kept.slice(ofStates.length);
  return {
    output: tape.view(isLast ? made[0]! : tape.add(steps * width, [made[ofStates.length]!])),
    kernels: null,
    backward({ gradient, wantsInput, update }) {
      const atOutput = isLast ? tape.view(gradient) : tape.add(steps * width, [gradient]);
      const ofRows = 4 * batch * steps * rows;
      const gradients = cellPrograms[cell].sharesGradient ? [ofRows] : [ofRows, ofRows];
      const d = tape
        .addWithOutputs(
          [...ofStates, ...gradients],
          [atOutput, state, ...gates, u!],
          loopBytes + stepWidths[cell] * width,
        )
        .slice(ofStates.length);
      const [input, throughU] = [d[0]!, d.at(-1)!];
      const atInput = wantsInput ? tape.add(inputBytes, [input, w!]) : null;
      if (!reverse) {
        const products = [
          tape.add(4 * rows * features, [tape.view(input), tape.view(inTime)]),
          tape.add(4 * rows * hiddenSize, [tape.view(throughU), tape.view(hidden)]),
        ];
        const bytes = 4 * rows * (features + hiddenSize);
        update(
          bytes,
          tape.add(
            bytes,
            products.map((product) => tape.view(product)),
          ),
        );
        const biases = [input, throughU].map((own) => tape.add(4 * rows, [own]));
        update(8 * rows, tape.add(8 * rows, biases));
      }
      return atInput && tape.view(tape.add(inputBytes, [atInput]));
    },
  };
}
