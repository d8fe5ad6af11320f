import { createHash } from 'node:crypto';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { randomStream } from '#test-support';

import { tinySequence, tinySequenceOnnx as onnx } from '../test/support/tiny-sequence.ts';
import { exportPackage } from './export.ts';

const test = suite('exporters/sequence-package');

const { steps, features, hidden, classes } = tinySequence;

function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return Promise.resolve(new Uint8Array(createHash('sha256').update(bytes).digest()));
}

const count = 24;
const random = randomStream(7);
const x = Float32Array.from({ length: count * steps * features }, () => 2 * random() - 1);

test('a package of a recurrent model holds its recurrence, its state feedback and how well that points', async () => {
  const y = Array.from({ length: count }, (_, i) => i % classes);
  const { content, report } = await exportPackage(onnx({ output: 'last' }), {
    calibration: { x, y },
    plan: { recurrence: { exactSteps: 4, earlier: 'gates' } },
    sha256,
  });
  assert.equal(content.plan.recurrence, { exactSteps: 4, earlier: 'gates' });
  assert.is(content.stateFeedback.length, 1);
  assert.is(content.stateFeedback[0]!.matrix.length, 5 * hidden * hidden);
  assert.equal(
    report.alignment.map(({ layer }) => layer),
    ['gru'],
  );
  assert.is(report.layers, 2);
  const own = 3 * hidden * (features + hidden) + 6 * hidden;
  assert.ok(report.trainableParameters > own);
  assert.ok(Math.abs(report.floatAccuracy! - report.int8Accuracy!) <= 2 / count);
});

test('an arm without state feedback has none, and says how far it points elsewhere', async () => {
  const options = { calibration: { x }, sha256 };
  const none = await exportPackage(onnx({ output: 'last' }), {
    ...options,
    plan: { recurrence: { exactSteps: 4, earlier: 'gates' } },
    feedback: { state: { kind: 'none' } },
  });
  assert.is(none.content.stateFeedback.length, 0);
  assert.is(none.report.alignment.length, 1);
  const exact = await exportPackage(onnx({ output: 'last' }), {
    ...options,
    plan: { recurrence: { earlier: 'exact' } },
  });
  assert.equal(exact.report.alignment, []);
});

test('logits of every step are judged step by step, those labelled -1 not at all', async () => {
  const ids = x.subarray(0, count * steps).map((value) => Math.floor((value + 1) * 4.5));
  const y = Array.from(ids, (id, i) => (i % steps < 3 ? -1 : id % classes));
  const bytes = onnx({ output: 'sequence', tokens: true });
  const { content, report } = await exportPackage(bytes, { calibration: { x: ids, y }, sha256 });
  assert.is(content.model.quantization.at(-1), null);
  assert.equal(content.model.quantization[0], { scale: 1, zeroPoint: 0 });
  assert.equal(content.plan.rules[0], 'frozen');
  const judged = count * (steps - 3);
  const right = report.floatAccuracy! * judged;
  assert.ok(Math.abs(right - Math.round(right)) < 1e-9);
  assert.ok(report.floatAccuracy! > 0 && report.floatAccuracy! < 1);
  try {
    await exportPackage(bytes, { calibration: { x: ids, y: y.slice(1) }, sha256 });
  } catch (error) {
    assert.is((error as Error).message, 'calibration.y: expected 288 labels, got 287');
    return;
  }
  assert.unreachable('nothing was thrown');
});

test.run();
