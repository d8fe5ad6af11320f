import { readFileSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { argmax, openKernelEngine } from '#runtime';
import { sharedData, skipBecause } from '#test-support';

import { outputOf, runFloat } from '../float/run.ts';
import { importModel } from '../onnx/import-model.ts';
import { partition } from '../partition.ts';
import { observeRanges } from './observe.ts';
import { quantize } from './quantize.ts';

const test = suite('exporters/quantize/resnet8');

const onnx = sharedData('resnet8_cifar10_fp32.onnx');
const [data, index] = [sharedData('cifar10-sub.bin'), sharedData('cifar10-sub.json')];
const isHere = onnx !== null && data !== null && index !== null;
const onResnet8 = isHere ? test : skipBecause(test, 'resnet8 and its images are not here');

const size = 3072;

/** Every `step`-th sample of a set, images [3, 32, 32] made channels last. */
function readSamples(name: 'train' | 'test', step: number, count: number) {
  const { arrays } = JSON.parse(readFileSync(index!, 'utf8'));
  const bytes = readFileSync(data!);
  const samples = new Float32Array(count * size);
  for (let i = 0; i < samples.length; i++) {
    const [image, p, c] = [Math.floor(i / size) * step, Math.floor((i % size) / 3), i % 3];
    samples[i] = bytes[arrays[`${name}_x`].offset + image * size + c * 1024 + p]!;
  }
  const labels = Array.from(
    { length: count },
    (_, n) => bytes[arrays[`${name}_y`].offset + n * step]!,
  );
  return { samples, labels };
}

const rightOf = (logits: Float32Array, labels: readonly number[]) =>
  labels.filter((label, n) => argmax(logits, n * 10, 10) === label).length;

onResnet8('int8 loses at most 0.7 points of accuracy, in the reference kernels', async () => {
  const float = importModel(readFileSync(onnx!));
  const ranges = observeRanges(float, readSamples('train', 33, 150).samples);
  const model = quantize(float, ranges);
  await using engine = await openKernelEngine({
    model,
    modules: partition(model.graph),
    plan: {
      rules: partition(model.graph).map(() => 'exact' as const),
      batchSize: 16,
      epochs: 1,
      learningRate: 0.01,
      feedbackRatio: 0.3,
      clip: 0.02,
      recurrence: null,
    },
    feedback: [],
    stateFeedback: [],
    parameters: model.layers,
    programs: new Map(),
  });
  const { samples, labels } = readSamples('test', 5, 400);
  let [exact, rounded] = [0, 0];
  for (let first = 0; first < 400; first += 50) {
    const batch = samples.subarray(first * size, (first + 50) * size);
    const own = labels.slice(first, first + 50);
    exact += rightOf(
      outputOf(float, runFloat(float, batch, { keep: () => false })) as Float32Array,
      own,
    );
    rounded += rightOf(await engine.predict(Uint8Array.from(batch), 50), own);
  }
  const loss = (100 * (exact - rounded)) / 400;
  assert.ok(exact > 330, `${exact} of 400 in floats`);
  assert.ok(loss <= 0.7, `${exact} of 400 in floats, ${rounded} in int8`);
});

test.run();
