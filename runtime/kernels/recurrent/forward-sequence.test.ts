// What recurrent layers compute going forward: against real numbers, and against themselves where two
// ways must agree to the last bit.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  assertClose,
  assertSame,
  copyParameters,
  dequantize,
  RandomModel,
  randomStream,
  sequenceCases,
} from '#test-support';
import type { CaseInput } from '#test-support';

import { realSteps } from '../../../test/support/real-recurrent.ts';
import type { Sequence, SequenceEngine, SequenceState } from '../../engine.ts';
import { InputError, UnsupportedError } from '../../errors.ts';
import { hiddenQuantization, linearMaps } from '../../graph/cell.ts';
import type { CellName } from '../../graph/cell.ts';
import { inferShapes } from '../../graph/graph.ts';
import type { OperatorAttributes } from '../../graph/operator.ts';
import { openKernelEngine } from '../engine.ts';
import { loadSequenceKernel } from '../sequence-kernel.ts';
import { sitesOf } from '../site.ts';
import type { Site } from '../site.ts';
import { forwardSequence } from './forward-sequence.ts';
import { plainContext } from './sequence-context.ts';

const test = suite('runtime/kernels/recurrent/forward-sequence');

const sequences = await loadSequenceKernel();

const names: readonly CellName[] = ['lstm', 'gru', 'rnn'];
const [features, hiddenSize, batch] = [5, 8, 3];

/** The same weights for any number of steps. */
function siteOf(
  cell: CellName,
  steps: number,
  options: Partial<OperatorAttributes['recurrent']> = {},
): Site<'recurrent'> {
  const random = new RandomModel(7, [steps, 1, features]);
  random.recurrent(0, { cell, hiddenSize, hasInitialState: true, ...options });
  const { model } = random.finish();
  return sitesOf(model, model.layers, sequences)[0] as Site<'recurrent'>;
}

function randomInput(steps: number): Uint8Array {
  const random = randomStream(steps);
  return Uint8Array.from({ length: batch * steps * features }, () => Math.floor(256 * random()));
}

function run(
  site: Site<'recurrent'>,
  input: Uint8Array,
  sequence: Sequence = {},
): { readonly output: Uint8Array; readonly state: SequenceState } {
  const context = plainContext(site.inputShapes[0]![0], sequence);
  const output = forwardSequence(site, input, input.length / stepsSize(site), context);
  return { output, state: context.finalStates };
}

function stepsSize({ inputShapes: [shape] }: Site<'recurrent'>): number {
  return shape![0] * features;
}

/** Rows of `size` values of each sample in the opposite order. */
function reversed(values: Uint8Array, steps: number, size: number): Uint8Array {
  const result = new Uint8Array(values.length);
  for (let row = 0; row < values.length / size; row++) {
    const t = row % steps;
    const target = row - t + (steps - 1 - t);
    result.set(values.subarray(row * size, (row + 1) * size), target * size);
  }
  return result;
}

for (const cell of names) {
  test(`${cell}: hidden states are those of the real layer`, () => {
    const steps = 20;
    const site = siteOf(cell, steps, { output: 'sequence' });
    const input = randomInput(steps);
    const { output } = run(site, input);
    const { scale } = site.inputQuantization[0]!;
    const maps = linearMaps(site.parameters!, site.attributes, features);
    const realOf = ({ weights, bias, weightScales }: typeof maps.input, perBias: number) => ({
      weights: Float64Array.from(
        weights,
        (w, i) => w * weightScales[Math.floor(i / (weights.length / bias.length))]!,
      ),
      bias: Float64Array.from(bias, (b, o) => b * perBias * weightScales[o]!),
    });
    const { weights: w, bias: b } = realOf(maps.input, scale);
    const { weights: u, bias: c } = realOf(maps.hidden, hiddenQuantization.scale);
    const start = Float64Array.from(site.attributes.initialState);
    const h = start.subarray(0, hiddenSize);
    const s = cell === 'lstm' ? start.subarray(hiddenSize) : h;
    for (let n = 0; n < batch; n++) {
      const own = input.subarray(n * steps * features, (n + 1) * steps * features);
      const x = dequantize(own, site.inputQuantization[0]!);
      const real = realSteps({ cell, features, hiddenSize, w, u, b, c }, x, { h, s });
      const expected = real.flatMap(({ after }) => Array.from(after.h));
      const size = steps * hiddenSize;
      const actual = dequantize(output.subarray(n * size, (n + 1) * size), hiddenQuantization);
      // Half a quantum of 1/128 is lost at each step, and comes back through U.
      assertClose(actual, expected, 4 / 128);
    }
  });

  test(`${cell}: the last output is the last of all, and the state after it`, () => {
    const input = randomInput(9);
    const all = run(siteOf(cell, 9, { output: 'sequence' }), input);
    const last = run(siteOf(cell, 9), input);
    for (let n = 0; n < batch; n++) {
      const end = (n + 1) * 9 * hiddenSize;
      const own = last.output.subarray(n * hiddenSize, (n + 1) * hiddenSize);
      assertSame(own, all.output.subarray(end - hiddenSize, end), `sample ${n}`);
    }
    assertSame(last.state.get(0)!.hidden, last.output, 'final hidden state');
    assert.equal(all.state, last.state);
  });

  for (const reverse of [false, true]) {
    const direction = reverse ? ' from the end' : '';

    test(`${cell}${direction}: a short sample among long ones is as it would be alone`, () => {
      const [steps, length] = [11, 4];
      const input = randomInput(steps);
      const lengths = Int32Array.of(steps, length, 1);
      for (const output of ['sequence', 'last'] as const) {
        const together = run(siteOf(cell, steps, { output, reverse }), input, { lengths });
        const size = steps * features;
        const own = input.subarray(2 * size - length * features, 2 * size);
        const alone = run(siteOf(cell, length, { output, reverse }), own);
        const rows = output === 'last' ? 1 : steps;
        const end = 2 * rows * hiddenSize;
        const part = together.output.subarray(end - alone.output.length, end);
        assertSame(part, alone.output, output);
        const state = (from: SequenceState, n: number): Float32Array =>
          from.get(0)!.state.subarray(n * hiddenSize, (n + 1) * hiddenSize);
        assertSame(state(together.state, 1), state(alone.state, 0), 'final state');
      }
    });

    test(`${cell}${direction}: what comes before a short sample does not matter`, () => {
      const site = siteOf(cell, 8, { reverse });
      const input = randomInput(8);
      const lengths = Int32Array.of(3, 3, 3);
      const { output } = run(site, input, { lengths });
      const other = input.slice();
      for (let n = 0; n < batch; n++) {
        other.fill(0, n * 8 * features, (n * 8 + 5) * features);
      }
      assertSame(run(site, other, { lengths }).output, output, 'output');
      other.fill(0);
      assert.not.equal(run(site, other, { lengths }).output, output);
    });
  }

  test(`${cell}: from the end is forwards over the reversed sequence, reversed`, () => {
    const input = randomInput(10);
    const backwards = run(siteOf(cell, 10, { output: 'sequence', reverse: true }), input);
    const turned = run(siteOf(cell, 10, { output: 'sequence' }), reversed(input, 10, features));
    assertSame(reversed(turned.output, 10, hiddenSize), backwards.output, 'outputs');
    const forwards = run(siteOf(cell, 10, { output: 'sequence' }), input);
    assert.not.equal(forwards.output, backwards.output);
  });

  test(`${cell}: two halves, the second from the first's states, are the whole`, () => {
    const input = randomInput(10);
    const whole = run(siteOf(cell, 10), input);
    const half = (index: number): Uint8Array => {
      const part = new Uint8Array(batch * 5 * features);
      for (let n = 0; n < batch; n++) {
        const at = (n * 10 + index * 5) * features;
        part.set(input.subarray(at, at + 5 * features), n * 5 * features);
      }
      return part;
    };
    const first = run(siteOf(cell, 5), half(0));
    const before = structuredClone(first.state);
    const second = run(siteOf(cell, 5), half(1), { state: first.state });
    assertSame(second.output, whole.output, 'output');
    assert.equal(second.state, whole.state);
    assert.equal(first.state, before);
  });
}

function open(input: CaseInput): Promise<SequenceEngine> {
  const parameters = copyParameters(input.model.layers);
  return openKernelEngine({ ...input, parameters, programs: new Map() });
}

function samplesOf({ model }: CaseInput): Uint8Array {
  const [steps, , channels] = model.graph.inputShape;
  const random = randomStream(4);
  const length = batch * steps * channels;
  return Uint8Array.from({ length }, () => Math.floor(256 * random()));
}

/** Logits after each step, [steps, batch, classes]. */
async function stepByStep(input: CaseInput): Promise<Float32Array[]> {
  const engine = await open(input);
  const [steps, , channels] = input.model.graph.inputShape;
  const samples = samplesOf(input);
  const all: Float32Array[] = [];
  let state: SequenceState | null = null;
  for (let t = 0; t < steps; t++) {
    const now = new Uint8Array(batch * channels);
    for (let n = 0; n < batch; n++) {
      const at = (n * steps + t) * channels;
      now.set(samples.subarray(at, at + channels), n * channels);
    }
    const next: Awaited<ReturnType<SequenceEngine['predictStep']>> = await engine.predictStep(
      now,
      batch,
      state,
    );
    all.push(next.logits);
    ({ state } = next);
  }
  return all;
}

for (const { name, input, isStepwise } of sequenceCases()) {
  if (!isStepwise) continue;
  test(`${name}: one step at a time gives the logits of the sequence`, async () => {
    const logits = await (await open(input)).predict(samplesOf(input), batch);
    const [positions, , classes] = inferShapes(input.model.graph).at(-1)!;
    const steps = await stepByStep(input);
    if (positions === 1) {
      assertSame(steps.at(-1)!, logits, 'logits');
      return;
    }
    for (const [t, own] of steps.entries()) {
      for (let n = 0; n < batch; n++) {
        const at = (n * positions + t) * classes;
        const row = own.subarray(n * classes, (n + 1) * classes);
        assertSame(row, logits.subarray(at, at + classes), `step ${t}`);
      }
    }
  });
}

/** Message of what predictStep throws for a model. */
async function refusal(build: (model: RandomModel) => void): Promise<string> {
  const random = new RandomModel(1, [6, 1, 4]);
  build(random);
  random.cut();
  const { model, modules } = random.finish();
  const { plan } = sequenceCases()[0]!.input;
  const engine = await open({
    model,
    modules,
    plan: { ...plan, rules: ['frozen'] },
    feedback: [],
    stateFeedback: [],
  });
  try {
    await engine.predictStep(new Uint8Array(4), 1, null);
  } catch (error) {
    assert.instance(error, UnsupportedError);
    return (error as Error).message;
  }
  return 'nothing was refused';
}

test('models that need other steps are refused, and the node is named', async () => {
  const gru = { cell: 'gru', hiddenSize: 3 } as const;
  const window = { kernel: [3, 1], stride: [1, 1], dilation: [1, 1], pads: [1, 0, 1, 0] } as const;
  assert.match(
    await refusal((m) => m.logits(m.recurrent(m.conv(0, { outputChannels: 3, window }), gru), 2)),
    /^predictStep: .* got conv0, a window over time; predict whole sequences/,
  );
  assert.match(
    await refusal((m) => m.logits(m.recurrent(0, { ...gru, reverse: true }), 2)),
    /got gru0, which runs from the last step/,
  );
  assert.match(
    await refusal((m) => m.logits(m.recurrent(0, { ...gru, output: 'sequence' }), 2)),
    /got dense1, which reads all steps/,
  );
  assert.match(
    await refusal((m) => m.logits(m.recurrent(m.recurrent(0, gru), gru), 2)),
    /got gru1, which runs over what other steps sum up to/,
  );
  assert.match(
    await refusal((m) => {
      const steps = m.recurrent(0, { ...gru, output: 'sequence' });
      m.logits(m.recurrent(m.mul(steps, m.recurrent(0, gru)), gru), 2);
    }),
    /got mul2, which joins values of each step with values of all/,
  );
});

test('the way of learning does not change what is predicted, nor does a call before', async () => {
  const cases = sequenceCases().filter(({ name }) => name.startsWith('a GRU: '));
  assert.ok(cases.length > 3);
  const logits: Float32Array[] = [];
  for (const { input } of cases) {
    const engine = await open(input);
    const samples = samplesOf(input);
    const activation = engine.upload(samples, batch);
    const targets = Float32Array.from({ length: batch * 5 }, (_, i) => Number(i % 5 === 0));
    const rates = { rate: 0.1, clip: 0.1, ratio: 1, step: 0, seed: 1 };
    const before = await engine.predict(samples, batch);
    const result = await engine.learnTail(0, activation, targets, rates);
    assertSame(result.logits, before, 'logits of the learning call');
    logits.push(before);
  }
  for (const own of logits) assertSame(own, logits[0]!, 'logits');
});

test('lengths after a stride are rounded up', async () => {
  const build = (steps: number): CaseInput => {
    const { plan } = sequenceCases()[0]!.input;
    const random = new RandomModel(3, [steps, 1, 4]);
    const window = {
      kernel: [2, 1],
      stride: [2, 1],
      dilation: [1, 1],
      pads: [0, 0, 0, 0],
    } as const;
    const x = random.conv(0, { outputChannels: 5, window });
    random.logits(random.recurrent(x, { cell: 'lstm', hiddenSize: 4 }), 3);
    random.cut();
    const own = { ...plan, rules: ['frozen'] as const };
    return { ...random.finish(), plan: own, feedback: [], stateFeedback: [] };
  };
  const [long, short] = [build(12), build(6)];
  const sample = samplesOf(long).subarray(0, 12 * 4);
  const engine = await open(long);
  const predictions = [4, 5, 6, 7].map((length) =>
    engine.predict(sample, 1, { lengths: Int32Array.of(length) }),
  );
  const [four, five, six, seven] = await Promise.all(predictions);
  assertSame(five!, six!, 'of 5 steps, and of 6');
  assertSame(six!, await (await open(short)).predict(sample.subarray(6 * 4), 1), 'alone');
  assert.not.equal(four, five);
  assert.not.equal(six, seven);
});

test('lengths and states that do not fit are refused', async () => {
  const { input } = sequenceCases().find(({ name }) => name.startsWith('a GRU: '))!;
  const engine = await open(input);
  const samples = samplesOf(input);
  const refused = (sequence: Sequence, message: RegExp): void => {
    assert.throws(
      () => engine.upload(samples, batch, sequence),
      (error: unknown) => error instanceof InputError && message.test(error.message),
    );
  };
  refused({ lengths: Int32Array.of(1, 2) }, /^upload lengths: expected 3, one a sample, got 2/);
  refused({ lengths: Int32Array.of(1, 0, 2) }, /expected 1 to 11 steps, got 0/);
  refused({ lengths: Int32Array.of(1, 2, 12) }, /expected 1 to 11 steps, got 12/);
  const state = { hidden: new Uint8Array(6), state: new Float32Array(18) };
  for (const wrong of [new Map([[0, state]]), new Map()]) {
    let message = '';
    try {
      await engine.predict(samples, batch, { state: wrong });
    } catch (error) {
      assert.instance(error, InputError);
      ({ message } = error as Error);
    }
    assert.match(message, /^gru0: expected a state of 3 x 6, got (6|none); pass the states/);
  }
});

test('an uploaded sequence is a copy', async () => {
  const { input } = sequenceCases().find(({ name }) => name.startsWith('an LSTM: '))!;
  const engine = await open(input);
  const samples = samplesOf(input);
  const lengths = Int32Array.of(2, 5, 9);
  const expected = await engine.predict(samples, batch, { lengths });
  const activation = engine.upload(samples, batch, { lengths });
  lengths.fill(1);
  const targets = new Float32Array(batch * 5);
  const rates = { rate: 0, clip: 0.1, ratio: 1, step: 0, seed: 1 };
  assertSame((await engine.learnTail(0, activation, targets, rates)).logits, expected, 'logits');
});

test.run();
