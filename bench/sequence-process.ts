// Memory of one way to learn with one recurrent layer, in a process of its own: argv is the method, the cell, steps,
// features, hidden size and batch; the answer is JSON on standard output. Started by sequence-memory.ts.
import { setTimeout } from 'node:timers/promises';

import { layoutOf, learnStep, oneHot, sizeOf } from '#runtime';
import type { CellName, Recurrence } from '#runtime';

import { openOnnxRuntimeEngine } from '../targets/raspberry-pi/engine/onnx-runtime-engine.ts';
import { startPeak } from '../targets/raspberry-pi/peak-memory.ts';
import { FloatNetwork } from './float-network.ts';
import { noise } from './networks.ts';
import type { Trainee } from './personalize.ts';
import type { SequenceMemory, SequenceMethod } from './sequence-memory.ts';
import { sequenceFloatModel, sequenceInput } from './sequence-network.ts';
import type { SequenceSize } from './sequence-network.ts';

const [method, cell, ...numbers] = process.argv.slice(2) as [SequenceMethod, CellName, ...string[]];
const [steps = 0, features = 0, hiddenSize = 0, batch = 0] = numbers.map(Number);
const size = { cell, steps, features, hiddenSize, batch };
const recurrences: Readonly<Record<Exclude<SequenceMethod, 'float-backprop'>, Recurrence>> = {
  gates: { exactSteps: 8, earlier: 'gates' },
  exact: { exactSteps: 8, earlier: 'exact' },
  'int8-backprop': { exactSteps: steps, earlier: 'exact' },
};

const trainee =
  method === 'float-backprop'
    ? await FloatNetwork.open(sequenceFloatModel(size))
    : await openQuantised(size, recurrences[method]);
const x = noise(batch * steps * features, 5);
const y = Uint8Array.from({ length: batch }, (_, index) => index % 10);
const result: SequenceMemory = { peakBytes: await peakOfManySteps() };
await trainee[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify(result));

// The collector is not called in between, and there are as many time steps at any length: what each call of a
// program leaves to it, and what it needs itself, is the same then.
async function peakOfManySteps(): Promise<number> {
  const images = trainee.prepare(x);
  const targets = oneHot(y, [...y.keys()], trainee.classes);
  const rates = { rate: 0, clip: 0.02, step: 0, seed: 0 };
  const count = Math.ceil(3072 / steps);
  const learn = async (times: number): Promise<void> => {
    for (let repeat = 0; repeat < times; repeat++) await trainee.learn(images, targets, rates);
  };
  await learn(1);
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.();
    await setTimeout(100);
  }
  const finish = startPeak();
  await learn(count);
  return finish();
}

async function openQuantised(own: SequenceSize, recurrence: Recurrence): Promise<Trainee> {
  const input = sequenceInput(own, recurrence);
  const engine = await openOnnxRuntimeEngine(input);
  const layout = layoutOf(input.plan, input.modules, input.feedback);
  const sampleSize = sizeOf(input.model.graph.inputShape);
  return {
    classes: 10,
    sampleSize,
    prepare,
    async learn(images, targets, rates) {
      if (images instanceof Float32Array) throw new TypeError('learn: expected prepared images');
      const samples = engine.upload(images, images.length / sampleSize);
      await learnStep(engine, layout, { input: samples, targets }, { ...rates, ratio: 1 });
      samples.dispose();
    },
    predict: (values) => engine.predict(prepare(values), values.length / sampleSize),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

function prepare(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => 128 + Math.round(value * 64));
}
