import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { InputError } from '#runtime';

import { tinyOnnx, tinySamples } from '../test/support/tiny-classifier.ts';
import { packageExamples } from './package-examples.ts';
import { prepareModel } from './prepare.ts';

const test = suite('exporters/package-examples');

const { x, y } = tinySamples(12);
const prepared = prepareModel(tinyOnnx(), { calibration: { x, y }, mean: [0.5], deviation: [2] });

test('each class is there as often, with the samples as the model reads them', () => {
  const { samples, labels } = packageExamples(prepared, 5);
  assert.equal(labels, [0, 1, 2, 0, 1]);
  const { scale, zeroPoint } = prepared.model.quantization[0]!;
  for (const [i, value] of samples.entries()) {
    const real = (x[i]! - 0.5) / 2;
    const within = Math.min(255, Math.max(0, Math.round(real / scale) + zeroPoint));
    assert.ok(Math.abs(value - within) <= 1, `value ${i}`);
  }
  assert.is(samples.length, 5 * 16);
});

test('a class with few samples leaves its room to others', () => {
  const few = { ...prepared, labels: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2] };
  assert.equal(packageExamples(few, 4).labels, [0, 2, 0, 0]);
});

test('none asked for is none; unlabelled or too few samples are refused', () => {
  assert.equal(packageExamples(prepared, 0), { samples: new Uint8Array(0), labels: [] });
  const unlabelled = prepareModel(tinyOnnx(), { calibration: { x } });
  for (const [from, most] of [
    [prepared, 12],
    [unlabelled, 0],
  ] as const) {
    assert.throws(
      () => packageExamples(from, 13),
      (error: unknown) =>
        error instanceof InputError &&
        error.message.startsWith(`examples: expected at most ${most}`),
    );
  }
});

test.run();
