// How the gradients of a recurrent layer become its next weights: each map by its own clip and noise.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assertSame, copyParameters, randomStream, sequenceCases } from '#test-support';
import type { CaseInput } from '#test-support';

import type { StepRates } from '../../engine.ts';
import { InputError } from '../../errors.ts';
import { hiddenQuantization, linearMaps } from '../../graph/cell.ts';
import type { LayerParameters } from '../../graph/model.ts';
import { sizeOf } from '../../graph/shape.ts';
import type { Rule } from '../../learning/plan.ts';
import { openKernelEngine } from '../engine.ts';
import { holdRange } from '../forward-range.ts';
import { learnExactly } from '../learn-range.ts';
import { networkOf } from '../network.ts';
import { loadSequenceKernel } from '../sequence-kernel.ts';
import { isRecurrentSite } from '../site.ts';
import { layerNorms, updateLayer } from '../update.ts';
import { layerGradient } from './gradient-sums.ts';
import { learnSequence } from './learn-sequence.ts';
import { plainContext } from './sequence-context.ts';

const test = suite('runtime/kernels/recurrent/update-maps');

function caseNamed(part: string): CaseInput {
  return sequenceCases().find(({ name }) => name.startsWith(part))!.input;
}

const rates: StepRates = { rate: 0.2, clip: 0.03, ratio: 0.5, step: 5, seed: 9 };

test('W and U take their own clip, scale and noise', async () => {
  const input = caseNamed('a GRU: ');
  const parameters = copyParameters(input.model.layers);
  const network = networkOf(
    { ...input, parameters, programs: new Map() },
    await loadSequenceKernel(),
  );
  const random = randomStream(2);
  const batch = 2;
  const length = batch * sizeOf(input.model.graph.inputShape);
  const samples = Uint8Array.from({ length }, () => Math.floor(256 * random()));
  const gradient = Float32Array.from({ length: batch * 6 }, () => random() - 0.5);
  const learning = { recurrence: network.recurrence!, feedback: new Map(), kept: new Map() };
  const context = { ...plainContext(network.inputSteps), learning };
  const call = { range: { from: 0, to: 1 }, input: samples, batch, context };
  const values = holdRange(network.sites, call);
  const site = network.sites[0]!;
  if (!isRecurrentSite(site)) throw new Error('expected the GRU');
  const expected = learnSequence(site, { ...call, gradient, wantsInput: false });
  const maps = linearMaps(copyParameters(parameters).get(0)!, site.attributes, 5);
  const updated = (own: LayerParameters, inputScale: number, firstNoise: number) => {
    const { weightLimit } = input.model;
    const norms = layerNorms(own, inputScale);
    return { index: 0, name: 'gru', parameters: own, inputScale, norms, weightLimit, firstNoise };
  };
  const ofInput = updateLayer(
    updated(maps.input, site.inputQuantization[0]!.scale, 0),
    layerGradient(expected.input),
    rates,
  );
  const ofHidden = updateLayer(
    updated(maps.hidden, hiddenQuantization.scale, maps.input.weights.length),
    layerGradient(expected.hidden),
    rates,
  );

  learnExactly(network, call, { values, gradient, wantsInput: false, feedbacks: new Map() }, rates);
  const { weights, bias } = parameters.get(0)!;
  assertSame(weights, [...ofInput.weights, ...ofHidden.weights], 'weights');
  assertSame(bias, [...ofInput.bias, ...ofHidden.bias], 'bias');
  const before = input.model.layers.get(0)!;
  for (const part of [maps.input.weights.length, 0]) {
    const end = part === 0 ? maps.input.weights.length : weights.length;
    assert.not.equal(weights.subarray(part, end), before.weights.subarray(part, end));
  }
});

test('a gradient that is not finite updates nothing, and names the layer', async () => {
  const input = caseNamed('an LSTM: ');
  const parameters = copyParameters(input.model.layers);
  const before = copyParameters(parameters);
  const plan = { ...input.plan, rules: ['exact-replay', 'exact'] as const };
  const engine = await openKernelEngine({ ...input, plan, parameters, programs: new Map() });
  const sample = engine.upload(new Uint8Array(55), 1);
  const tailInput = await engine.forward(0, 1, sample);
  const targets = new Float32Array(5).fill(0.2);
  const { inputGradient } = await engine.learnTail(1, tailInput, targets, { ...rates, rate: 0 });
  (inputGradient as unknown as { values: Float32Array }).values[2] = Number.NaN;
  try {
    await engine.learnByReplay(0, sample, inputGradient!, rates);
  } catch (error) {
    assert.match(
      (error as Error).message,
      /^lstm0: expected a finite gradient.*nothing was updated/,
    );
    assert.equal(parameters.get(0), before.get(0));
    return;
  }
  assert.unreachable('nothing was thrown');
});

test('a chunk too long for its batch says which batch fits', async () => {
  const input = caseNamed('a GRU: ');
  const plan = { ...input.plan, recurrence: { exactSteps: 11, earlier: 'exact' } as const };
  const parameters = copyParameters(input.model.layers);
  const engine = await openKernelEngine({ ...input, plan, parameters, programs: new Map() });
  const batch = 3003;
  const sample = engine.upload(new Uint8Array(batch * 55), batch);
  try {
    await engine.learnTail(0, sample, new Float32Array(batch * 5).fill(0.2), rates);
  } catch (error) {
    assert.match(
      (error as Error).message,
      /^gru0: .*33025.*got 3003 x 11; use a batch of at most 3002/,
    );
    return;
  }
  assert.unreachable('nothing was thrown');
});

/** What opening refuses of a model that is changed. */
async function refusal(input: CaseInput, change: Partial<CaseInput>): Promise<string> {
  const parameters = copyParameters((change.model ?? input.model).layers);
  try {
    await openKernelEngine({ ...input, ...change, parameters, programs: new Map() });
  } catch (error) {
    assert.instance(error, InputError);
    return (error as Error).message;
  }
  return 'nothing was refused';
}

test('models whose sequences could not run or learn are refused when opening', async () => {
  const input = caseNamed('a GRU: exact exact with 4 exact steps and gates before fed');
  const { model, plan } = input;
  const rules = (...own: Rule[]) => ({ plan: { ...plan, rules: own } });
  assert.match(
    await refusal(input, { plan: { ...plan, recurrence: null } }),
    /^gru0: expected a plan with a recurrence, got none; export again/,
  );
  assert.match(
    await refusal(input, rules('feedback-direct', 'exact')),
    /^gru0: expected rule feedback-local/,
  );
  const quantization = model.quantization.with(1, { scale: 0.01, zeroPoint: 128 });
  assert.match(
    await refusal(input, { model: { ...model, quantization } }),
    /^gru0: expected hidden states of scale 0\.0078125 and zero point 128, got 0\.01 and 128/,
  );
  const layers = new Map([...model.layers].filter(([node]) => node > 0));
  assert.match(
    await refusal(input, { model: { ...model, layers } }),
    /^gru0: expected weights of 18 rows, got none/,
  );
  const [own] = input.stateFeedback;
  assert.match(
    await refusal(input, { stateFeedback: [{ ...own!, segments: 2 }] }),
    /^state feedback of gru0: expected 12 rows of 6, got 18 and 108 entries/,
  );
  const tokens = caseNamed('tokens read');
  assert.match(
    await refusal(tokens, { model: { ...tokens.model, lookups: new Map() } }),
    /^embedding0: expected a table of 1024 entries, got none/,
  );
});

test.run();
