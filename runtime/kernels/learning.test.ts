// The kernels end to end: a small network learns synthetic textures, by each rule.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { openByRules, RandomModel, randomStream, windowOf } from '#test-support';

import { judgeLogits, meanLoss } from '../learning/accuracy.ts';
import { layoutOf } from '../learning/layout.ts';
import type { FeedbackSource, Rule } from '../learning/plan.ts';
import { learnStep } from '../learning/step.ts';

const test = suite('runtime/kernels/learning');

const classes = 4;
const batch = 8;
const steps = 100;
const same = windowOf(3, { pads: [1, 1, 1, 1] });

/** 8x8 stripes in four directions, of any phase, with noise. */
function texture(random: () => number, label: number): number[] {
  const phase = Math.floor(random() * 4);
  return Array.from({ length: 64 }, (_, i) => {
    const [y, x] = [i >> 3, i & 7];
    const along = [x, y, x + y, x - y + 8][label]!;
    const stripe = (along + phase) % 4 < 2 ? 60 : 190;
    return Math.round(stripe + (random() - 0.5) * 100);
  });
}

/** Mean loss over the first and the last ten steps. */
async function learn(
  rules: readonly Rule[],
  source: FeedbackSource | null,
): Promise<{ readonly first: number; readonly last: number }> {
  const random = new RandomModel(2, [8, 8, 1]);
  let x = random.conv(0, { outputChannels: 8, window: same, clamp: 'relu' });
  random.cut();
  const strided = windowOf(3, { stride: 2, pads: [1, 1, 1, 1] });
  x = random.conv(x, { outputChannels: 16, window: strided, clamp: 'relu' });
  random.cut();
  random.logits(random.maxPool(x, windowOf(4)), classes);
  random.cut();
  const { model, modules } = random.finish();
  const options = { source: source ?? 'tail', seed: 3, batchSize: batch } as const;
  const { engine, plan, feedback } = await openByRules({ model, modules }, rules, options);
  const layout = layoutOf(plan, modules, feedback);

  const draw = randomStream(4);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const labels = Array.from({ length: batch }, (_, n) => n % classes);
    const samples = Uint8Array.from(labels.flatMap((label) => texture(draw, label)));
    const targets = new Float32Array(batch * classes);
    labels.forEach((label, n) => (targets[n * classes + label] = 1));
    const decay = 1 - (0.9 * step) / steps;
    const rates = { rate: (0.3 * decay) / batch, clip: 0.05 * decay, ratio: 1, step, seed: 1 };
    const input = engine.upload(samples, batch);
    const first = await engine.forward(0, layout.trained, input);
    const logits = await learnStep(engine, layout, { input: first, targets }, rates);
    losses.push(meanLoss(judgeLogits(logits, labels)));
  }
  const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;
  return { first: mean(losses.slice(0, 10)), last: mean(losses.slice(-10)) };
}

// Random features alone leave a loss of 0.9 here; guessing has log 4.
const ways: readonly (readonly [readonly Rule[], FeedbackSource | null])[] = [
  [['exact', 'exact', 'exact'], null],
  [['feedback-local', 'exact', 'exact'], 'tail'],
  [['feedback-direct', 'feedback-direct', 'exact'], 'logits'],
];

for (const [rules, source] of ways) {
  test(`${rules.join(' ')} learns textures`, async () => {
    const { first, last } = await learn(rules, source);
    assert.ok(first > 0.7 && last < 0.6, `loss ${first} became ${last}`);
  });
}

test('backpropagation and replay learn the same to the last bit', async () => {
  const whole = await learn(['exact', 'exact', 'exact'], null);
  assert.equal(await learn(['exact-replay', 'exact-replay', 'exact'], null), whole);
});

test.run();
