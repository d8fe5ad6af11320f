import { createHash } from 'node:crypto';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { randomStream } from '#test-support';

import { exportPackage } from './export.ts';
import { GraphBuilder } from './onnx/graph-builder.ts';

const test = suite('exporters/sequence-package');

const [steps, features, hidden, classes] = [12, 2, 4, 3];

/** A GRU and a dense layer on its last step, or on each; [n, steps, features] or token ids [n, steps]. */
function onnx({
  output,
  tokens = false,
}: {
  output: 'last' | 'sequence';
  tokens?: boolean;
}): Uint8Array {
  const random = randomStream(5);
  const g = new GraphBuilder({ opset: 14 });
  const draw = (name: string, dimensions: readonly number[]): string => {
    const size = dimensions.reduce((total, next) => total * next, 1);
    const data = Float32Array.from({ length: size }, () => 2 * random() - 1);
    return g.constant(name, data, dimensions);
  };
  const x = tokens
    ? g.node('Gather', [draw('table', [9, features]), g.input('x', 'int64', ['n', steps])])
    : g.input('x', 'float32', ['n', steps, features]);
  const sequence = g.node('Transpose', [x], { attributes: { perm: [1, 0, 2] } });
  const [rows, bias] = [3 * hidden, 6 * hidden];
  const maps = [draw('w', [1, rows, features]), draw('r', [1, rows, hidden]), draw('b', [1, bias])];
  const [y, h] = g.nodeWithOutputs('GRU', [sequence, ...maps], 2, {
    output: 'gru',
    attributes: { hidden_size: hidden, linear_before_reset: 1 },
  });
  const read =
    output === 'last'
      ? g.node('Squeeze', [h!, g.int64([0])])
      : g.node('Transpose', [g.node('Squeeze', [y!, g.int64([1])])], {
          attributes: { perm: [1, 0, 2] },
        });
  const logits = g.node('MatMul', [read, draw('head', [hidden, classes])]);
  g.output(logits, 'float32', output === 'last' ? ['n', classes] : ['n', steps, classes]);
  return g.build();
}

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
