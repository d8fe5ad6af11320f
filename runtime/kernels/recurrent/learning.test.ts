// The kernels end to end on sequences: a small GRU or LSTM learns which symbol came first, by each way of
// learning. The steps after it say nothing, so that what the last steps teach does not help.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { copyParameters, RandomModel, randomStream } from '#test-support';

import { cells } from '../../graph/cell.ts';
import type { CellName } from '../../graph/cell.ts';
import type { Model } from '../../graph/model.ts';
import { judgeLogits, meanLoss } from '../../learning/accuracy.ts';
import { layoutOf } from '../../learning/layout.ts';
import type { Rule } from '../../learning/plan.ts';
import type { Recurrence } from '../../learning/recurrence.ts';
import { learnStep } from '../../learning/step.ts';
import { openKernelEngine } from '../engine.ts';

const test = suite('runtime/kernels/recurrent/learning');

const [steps, features, classes, batch] = [10, 6, 3, 8];
const hiddenSize = 12;

/** The class's feature is high at the first step; then noise. */
function sample(random: () => number, label: number): number[] {
  return Array.from({ length: steps * features }, (_, i) => {
    if (i < features) return i === label ? 250 : 60;
    return Math.round(117 + 80 * (random() - 0.5));
  });
}

/** As layers are that learn from long sequences: 2 more before the sigmoid. */
function openKeepGate({ layers, quantization }: Model, cell: CellName): void {
  const { bias, weightScales } = layers.get(0)!;
  const first = cells[cell].keepGate! * hiddenSize;
  for (let o = first; o < first + hiddenSize; o++) {
    bias[o]! += Math.round(2 / (quantization[0]!.scale * weightScales[o]!));
  }
}

/** Mean loss over the last twenty of `count` steps, and the weights at the end. */
async function learn(
  cell: CellName,
  rules: readonly Rule[],
  recurrence: Recurrence,
  count: number,
): Promise<{ readonly loss: number; readonly weights: string }> {
  const builder = new RandomModel(5, [steps, 1, features]);
  const x = builder.recurrent(0, { cell, hiddenSize });
  builder.cut();
  builder.logits(x, classes);
  builder.cut();
  const { model, modules } = builder.finish();
  openKeepGate(model, cell);
  const planOf = { batchSize: batch, epochs: 1, learningRate: 1, feedbackRatio: 1, clip: 1 };
  const plan = { ...planOf, rules, recurrence };
  const parameters = copyParameters(model.layers);
  const own = { model, modules, plan, feedback: [], stateFeedback: [] };
  const engine = await openKernelEngine({ ...own, parameters, programs: new Map() });
  const layout = layoutOf(plan, modules, []);
  const random = randomStream(4);
  const losses: number[] = [];
  for (let step = 0; step < count; step++) {
    const labels = Array.from({ length: batch }, () => Math.floor(random() * classes));
    const samples = Uint8Array.from(labels.flatMap((label) => sample(random, label)));
    const targets = new Float32Array(batch * classes);
    labels.forEach((label, n) => (targets[n * classes + label] = 1));
    const decay = 1 - (0.9 * step) / count;
    const rates = { rate: (0.5 * decay) / batch, clip: 0.05 * decay, ratio: 1, step, seed: 1 };
    const input = await engine.forward(0, layout.trained, engine.upload(samples, batch));
    const logits = await learnStep(engine, layout, { input, targets }, rates);
    losses.push(meanLoss(judgeLogits(logits, labels)));
  }
  const weights = Array.from(parameters.values(), (layer) => layer.weights.join()).join(';');
  return { loss: losses.slice(-20).reduce((a, b) => a + b) / 20, weights };
}

function lossOf(cell: CellName, earlier: Recurrence['earlier']): Promise<number> {
  return learn(cell, ['exact', 'exact'], { exactSteps: 3, earlier }, 250).then(({ loss }) => loss);
}

// Guessing has log 3; each of these is below 0.05.
for (const cell of ['lstm', 'gru'] as const) {
  for (const earlier of ['exact', 'gates'] as const) {
    test(`a ${cell} with ${earlier} gradients learns what came long ago`, async () => {
      const loss = await lossOf(cell, earlier);
      assert.ok(loss < 0.15, `loss ${loss}`);
    });
  }
}

test('a gru that is taught by its last steps alone does not', async () => {
  const loss = await lossOf('gru', 'none');
  assert.ok(loss > 0.5, `loss ${loss}`);
});

test('backpropagation and replay learn the same to the last bit', async () => {
  const recurrence = { exactSteps: 5, earlier: 'exact' } as const;
  const whole = await learn('gru', ['exact', 'exact'], recurrence, 10);
  assert.equal(await learn('gru', ['exact-replay', 'exact'], recurrence, 10), whole);
});

test.run();
