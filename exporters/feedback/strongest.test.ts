import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Evidence } from './evidence.ts';
import { strongestObservations } from './strongest.ts';

const test = suite('exporters/feedback/strongest');

const evidence: Evidence = {
  form: { target: 1, source: 'tail', kernel: 1, dilation: 1, groups: 1, grid: [1, 1] },
  rows: 1,
  length: 4,
  paddedLength: 4,
  errors: Float32Array.of(0.001, 0, 0, 0, 0, -3, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0),
  gates: Float32Array.of(10, 11, 12, 13),
  gradients: Float32Array.of(20, 21, 22, 23),
  energies: Float32Array.of(30, 31, 32, 33),
  observations: 4,
};

test('observations whose errors are negligible are left out, the others stay in order', () => {
  const { errors, gates, gradients, energies, observations } = strongestObservations(evidence, 99);
  assert.is(observations, 2);
  assert.equal([...errors], [0, -3, 0, 0, 1, 1, 1, 1]);
  assert.equal([...gates, ...gradients, ...energies], [11, 12, 21, 22, 31, 32]);
});

test('the limit keeps the strongest', () => {
  assert.equal([...strongestObservations(evidence, 1).gates], [11]);
});

test('without any error nothing is left', () => {
  const silent = { ...evidence, errors: new Float32Array(16) };
  assert.is(strongestObservations(silent, 99).observations, 0);
});

test.run();
