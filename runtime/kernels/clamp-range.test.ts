import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { applyGate, clampRange } from './clamp-range.ts';

const test = suite('runtime/kernels/clamp-range');
const relu = { minimum: 0, maximum: Infinity };
const relu6 = { minimum: 0, maximum: 6 };

function gated(output: number[], clamp: typeof relu | null, zeroPoint = 10): number[] {
  const gradient = new Float32Array(output.length).fill(2);
  applyGate(gradient, Uint8Array.from(output), clamp, { scale: 0.03, zeroPoint });
  return [...gradient];
}

test('a relu starts at the zero point and ends where 8 bits do', () => {
  assert.equal(clampRange(relu, { scale: 0.5, zeroPoint: 10 }), { lo: 10, hi: 255 });
});

test('a relu6 ends at the quantum of 6, or earlier where 6 does not fit', () => {
  assert.equal(clampRange(relu6, { scale: 0.03, zeroPoint: 10 }), { lo: 10, hi: 210 });
  assert.equal(clampRange(relu6, { scale: 0.02, zeroPoint: 10 }), { lo: 10, hi: 255 });
});

test('bounds round half to even', () => {
  const clamp = { minimum: -1.25, maximum: 1.75 };
  assert.equal(clampRange(clamp, { scale: 0.5, zeroPoint: 100 }), { lo: 98, hi: 104 });
});

test('without a clamp every value stays, and keeps its gradient', () => {
  assert.equal(clampRange(null, { scale: 1, zeroPoint: 10 }), { lo: 0, hi: 255 });
  assert.equal(gated([0, 10, 255], null), [2, 2, 2]);
});

test('the gate closes at the bounds of a clamp', () => {
  assert.equal(gated([9, 10, 11, 209, 210, 255], relu6), [0, 0, 2, 2, 0, 0]);
});

test('a relu saturated at 255 keeps its gradient', () => {
  assert.equal(gated([10, 11, 255], relu), [0, 2, 2]);
});

test('a clamp without a minimum keeps the gradient of what saturates at 0', () => {
  assert.equal(gated([0, 209, 210], { minimum: -Infinity, maximum: 6 }), [2, 2, 0]);
});

test('a relu6 that 8 bits cut short closes at 255', () => {
  const gradient = Float32Array.of(2, 2);
  applyGate(gradient, Uint8Array.of(254, 255), relu6, { scale: 0.02, zeroPoint: 10 });
  assert.equal([...gradient], [2, 0]);
});

test.run();
