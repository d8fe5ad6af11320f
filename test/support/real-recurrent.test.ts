// The reference of recurrent layers against finite differences of itself, and against ONNX's equations
// where they can be written down by hand.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { CellName } from '#runtime';

import { assertClose } from './assert-close.ts';
import { numericGradient } from './gradient-check.ts';
import { randomStream } from './random-stream.ts';
import { backpropagateThroughTime, realSteps } from './real-recurrent.ts';
import type { RealRecurrent, RealState } from './real-recurrent.ts';

const test = suite('test/support/real-recurrent');

const [steps, features, hiddenSize] = [5, 3, 4];

for (const [cell, gates] of [
  ['lstm', 4],
  ['gru', 3],
  ['rnn', 1],
] as const) {
  test(`${cell}: backpropagation through time is the derivative`, () => {
    const random = randomStream(gates);
    const draw = (length: number): Float64Array =>
      Float64Array.from({ length }, () => 2 * random() - 1);
    const rows = gates * hiddenSize;
    const [w, u] = [draw(rows * features), draw(rows * hiddenSize)];
    const layer = { cell, features, hiddenSize, w, u, b: draw(rows), c: draw(rows) };
    const [x, atOutputs] = [draw(steps * features), draw(steps * hiddenSize)];
    const start: RealState = { h: draw(hiddenSize), s: draw(hiddenSize) };
    const loss = (): number => {
      const outputs = realSteps(layer, x, start).flatMap(({ after }) => Array.from(after.h));
      return outputs.reduce((sum, h, i) => sum + h * atOutputs[i]!, 0);
    };
    const gradient = backpropagateThroughTime(layer, realSteps(layer, x, start), atOutputs);
    for (const key of ['w', 'u', 'b', 'c'] as const) {
      assertClose(gradient[key], numericGradient(layer[key], loss), 1e-8);
    }
    assertClose(gradient.x, numericGradient(x, loss), 1e-8);
  });
}

/** One unit whose gates are known: all weights 0 but the biases. */
function unit(cell: CellName, b: number[], c: number[] = b.map(() => 0)): RealRecurrent {
  const zeros = new Float64Array(b.length);
  const size = { features: 1, hiddenSize: 1 };
  return { cell, ...size, w: zeros, u: zeros, b: Float64Array.from(b), c: Float64Array.from(c) };
}

test('gates come in the order of ONNX', () => {
  const open = 50; // sigmoid is 1 to the last bit
  const start = { h: Float64Array.of(0.5), s: Float64Array.of(0.5) };
  const after = (layer: RealRecurrent): RealState =>
    realSteps(layer, Float64Array.of(0), start)[0]!.after;
  // i, o, f, g: keeps the cell state, adds tanh(1) of the input
  const lstm = after(unit('lstm', [open, open, open, 1]));
  assert.is(lstm.s[0], 0.5 + Math.tanh(1));
  assert.is(lstm.h[0], Math.tanh(0.5 + Math.tanh(1)));
  // z keeps; where it is shut, n is taken, and r lets c through
  assert.is(after(unit('gru', [open, 0, 1])).h[0], 0.5);
  assertClose(after(unit('gru', [-open, open, 1], [0, 0, 1])).h, [Math.tanh(2)], 1e-15);
  assertClose(after(unit('gru', [-open, -open, 1], [0, 0, 1])).h, [Math.tanh(1)], 1e-15);
  assert.is(after(unit('rnn', [1])).h[0], Math.tanh(1));
});

test.run();
