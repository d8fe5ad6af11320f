import { readFileSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { sharedData, skipBecause } from '#test-support';

import { compareImport, expectSameOutput } from '../../test/support/import-against-onnx-runtime.ts';
import { importModel } from './import-model.ts';

const test = suite('exporters/onnx/import-model');

function onModel(file: string): {
  run: typeof test | ReturnType<typeof skipBecause>;
  read: () => Uint8Array;
} {
  const path = sharedData(file);
  return {
    run: path === null ? skipBecause(test, `${file} is not here`) : test,
    read: () => readFileSync(path!),
  };
}

// Samples of about the range each model was trained on, and the largest error of a float32 run.
const floatModels = [
  { file: 'mnist-8.onnx', layers: 3, tolerance: 1e-4 },
  { file: 'ad01_fp32.onnx', layers: 10, tolerance: 1e-4, low: -80, high: 15 },
  { file: 'dscnn_kws_wint8.onnx', layers: 10, tolerance: 1e-4 },
  { file: 'resnet8_cifar10_fp32.onnx', layers: 10, tolerance: 1e-4, low: 0, high: 255 },
  { file: 'mobilenetv1_025_128_fp32.onnx', layers: 28, tolerance: 1e-4 },
  { file: 'mobilenetv1_025_vww96_fp32.onnx', layers: 28, tolerance: 1e-4, low: 0, high: 1 },
  { file: 'mnist_lstm_fp32.onnx', layers: 2, tolerance: 1e-4, low: 0, high: 1 },
];

for (const { file, layers, tolerance, ...samples } of floatModels) {
  const { run, read } = onModel(file);
  run(`${file} computes what ONNX Runtime computes`, async () => {
    const imported = await expectSameOutput(read(), tolerance, samples);
    assert.is(imported.parameters.size, layers);
    assert.is(imported.quantized, null);
    assert.equal(imported.notes, []);
  });
}

// `steps` of the output's scale. One arises where a sum falls between two integers and float32 and
// float64 round apart; deep models carry it on, and mobilenet's uint8 weights had to be requantised.
const int8Models = [
  { file: 'conv_qdq_s8s8_perchannel.onnx', layers: 1, steps: 0, low: -100, high: 100 },
  { file: 'ad01_int8_qdq.onnx', layers: 10, steps: 1, low: -80, high: 15 },
  { file: 'dscnn_kws_int8_qdq.onnx', layers: 10, steps: 1, low: -100, high: 40 },
  { file: 'resnet8_cifar10_int8_qdq.onnx', layers: 10, steps: 1, low: 0, high: 255 },
  { file: 'mobilenetv1_025_vww96_int8_qdq.onnx', layers: 28, steps: 2, low: 0, high: 1 },
  { file: 'mobilenetv1_025_128_uint8_qdq.onnx', layers: 28, steps: 4 },
  { file: 'mcunet-5fps_imagenet_int8_qdq.onnx', layers: 43, steps: 4 },
  // Its hidden states are kept at 1/128 instead of 1/127.93.
  { file: 'mnist_lstm_wint8.onnx', layers: 2, steps: 2, low: 0, high: 1 },
];

for (const { file, layers, steps, ...samples } of int8Models) {
  const { run, read } = onModel(file);
  run(`${file} keeps its publisher's integers and computes what they do`, async () => {
    const { imported, actual, expected } = await compareImport(read(), {
      ...samples,
      isQuantized: true,
    });
    const { values, layers: kept } = imported.quantized!;
    assert.is(kept.size, layers);
    assert.not(values.includes(null));
    const { scale } = values.at(-1)!;
    const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
    assert.ok(
      worst < (steps + 0.01) * scale,
      `expected ${steps} steps at most, got ${worst / scale}`,
    );
  });
}

const unsigned = onModel('mobilenetv1_025_128_uint8_qdq.onnx');
unsigned.run('weights with a zero point that does not fit int8 are requantised, and noted', () => {
  const { notes } = importModel(unsigned.read());
  assert.match(
    notes[0]!,
    /^"conv_13": 1 of 8 output channels do not fit int8 .* off by at most 0.005/,
  );
});

const saturated = onModel('mcunet-5fps_imagenet_int8_qdq.onnx');
saturated.run('a relu that stands only in a zero point is put back, and noted', () => {
  const { graph, notes } = importModel(saturated.read());
  const node = graph.nodes.find(({ name }) => name === 'conv_198');
  assert.equal(node?.attributes, { ...node?.attributes, clamp: { minimum: 0, maximum: Infinity } });
  assert.ok(
    notes.some((note) => note.startsWith('"conv_198": its zero point cuts negative values')),
  );
});

saturated.run('sums of integers and biases stay within int32', () => {
  const { quantized } = importModel(saturated.read());
  for (const { weights, bias } of quantized!.layers.values()) {
    const size = weights.length / bias.length;
    for (const [o, b] of bias.entries()) {
      const row = weights.subarray(o * size, (o + 1) * size);
      const sum = row.reduce((total, weight) => total + Math.abs(weight) * 255, Math.abs(b));
      assert.ok(sum < 2 ** 31, `output ${o}: ${sum}`);
    }
  }
});

test.run();
