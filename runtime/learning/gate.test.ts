import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Judgement } from './accuracy.ts';
import { whyNoClass, whyNot } from './gate.ts';
import type { Judged } from './gate.ts';

const test = suite('runtime/learning/gate');

/** Digits: 1 a right example, 0 a wrong one; loss 0.5 each unless told. */
function judgement(right: string, loss: readonly number[] = []): Judgement {
  return {
    isRight: Array.from(right, (digit) => digit === '1'),
    loss: Array.from(right, (_, i) => loss[i] ?? 0.5),
  };
}

function judged(before: string, after: string, losses: readonly number[][] = [[], []]): Judged {
  return { before: judgement(before, losses[0]), after: judgement(after, losses[1]) };
}

const none = judged('', '');
const no = 'no better on the examples held out';

test('a lesson is kept if more became right than wrong', () => {
  assert.is(whyNot(judged('1100', '1011'), none), null);
  assert.is(whyNot(judged('1100', '1000'), none), no);
});

test('where as many are right, the loss decides, and only if it fell by more than its standard error', () => {
  const losses = (after: number[]): number[][] => [[0.5, 0.5, 0.5, 0.5], after];
  assert.is(whyNot(judged('1100', '1100', losses([0.4, 0.4, 0.3, 0.3])), none), null);
  // Falls of 0.4, 0, 0, -0.3: mean 0.025, standard error sqrt(0.2475 / 12) = 0.144.
  assert.is(whyNot(judged('1100', '1100', losses([0.1, 0.5, 0.5, 0.8])), none), no);
  assert.is(whyNot(judged('1100', '1100', losses([0.6, 0.6, 0.6, 0.6])), none), no);
});

test('where all were right there is nothing to gain', () => {
  const losses = [
    [0.5, 0.5],
    [0.1, 0.1],
  ];
  assert.is(whyNot(judged('11', '11', losses), none), no);
});

test('old examples may change as chance has it, not fall by more than two deviations', () => {
  const helped = judged('0', '1');
  const ones = '1'.repeat(20);
  const after = (wrong: number): string => '0'.repeat(wrong) + '1'.repeat(20 - wrong);
  assert.is(whyNot(helped, judged(ones, ones)), null);
  assert.is(whyNot(helped, judged(ones, after(4))), null); // 4 = 2 sqrt(4)
  assert.is(whyNot(helped, judged(ones, after(5))), 'worse on earlier examples');
  // Five fewer right of 15 that changed: within 2 sqrt(15) = 7.7.
  assert.is(
    whyNot(helped, judged('00000' + '1'.repeat(15), '11111' + '0'.repeat(10) + '11111')),
    null,
  );
});

test('a new class may cost the others less accuracy than it has', () => {
  assert.is(whyNoClass(judged('0000', '1110'), judged('1111', '1110')), null);
  const refusal = 'the new class gains less than the others lose';
  assert.is(whyNoClass(judged('0000', '1000'), judged('1111', '1100')), refusal);
  assert.is(whyNoClass(judged('0000', '0000'), none), refusal);
  assert.is(whyNoClass(judged('0000', '1000'), none), null);
});

test.run();
