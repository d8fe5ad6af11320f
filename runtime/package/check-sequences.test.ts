// What a package with recurrent layers must hold: tokens, a layer that is read in both directions, a GRU
// that is trained, and a classifier.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { RandomModel, randomStateFeedback } from '#test-support';

import { smallContent } from '../../test/support/small-content.ts';
import { FormatError } from '../errors.ts';
import type { Node } from '../graph/graph.ts';
import type { LayerParameters, Model } from '../graph/model.ts';
import type { OperatorAttributes } from '../graph/operator.ts';
import type { Feedback, Plan, Rule, StateFeedback } from '../learning/plan.ts';
import { checkContent } from './check-content.ts';
import type { PackageContent } from './content.ts';

const test = suite('runtime/package/check-sequences');

const [features, hiddenSize, classes] = [4, 6, 3];
const [tokens, both, taught, head] = [0, 3, 4, 5]; // nodes

function content(steps = 8): PackageContent {
  const random = new RandomModel(1, [steps, 1, 1]);
  const x = random.embedding(0, features);
  random.cut();
  const directions = [false, true].map((reverse) =>
    random.recurrent(x, { cell: 'lstm', hiddenSize: 3, output: 'sequence', reverse }),
  );
  const y = random.concat(...directions);
  random.cut();
  const z = random.recurrent(y, { cell: 'gru', hiddenSize });
  random.cut();
  random.logits(z, classes);
  random.cut();
  const { model, modules } = random.finish();
  const small = smallContent();
  return {
    ...small,
    model,
    modules,
    plan: {
      ...small.plan,
      rules: ['frozen', 'frozen', 'exact', 'exact'],
      recurrence: { exactSteps: 4, earlier: 'gates' },
    },
    feedback: [],
    stateFeedback: randomStateFeedback(model, 2, 1).filter(({ node }) => node === taught),
    input: { ...small.input, mean: [0], deviation: [1] },
  };
}

const whole = content();

function withModel(change: Partial<Model>): PackageContent {
  return { ...whole, model: { ...whole.model, ...change } };
}

function withNode(index: number, change: (node: Node) => Node): PackageContent {
  const { graph } = whole.model;
  const nodes = graph.nodes.with(index, change(graph.nodes[index]!));
  return withModel({ graph: { ...graph, nodes } });
}

function withRecurrent(change: Partial<OperatorAttributes['recurrent']>): PackageContent {
  return withNode(taught, (node) => {
    if (node.operator !== 'recurrent') throw new Error('expected the GRU');
    return { ...node, attributes: { ...node.attributes, ...change } };
  });
}

function withLayer(change: Partial<LayerParameters>): PackageContent {
  const { layers } = whole.model;
  return withModel({ layers: new Map(layers).set(taught, { ...layers.get(taught)!, ...change }) });
}

function withTable(change: Partial<{ table: Uint8Array; slope: Float32Array }>): PackageContent {
  const { lookups } = whole.model;
  return withModel({
    lookups: new Map(lookups).set(tokens, { ...lookups.get(tokens)!, ...change }),
  });
}

function withPlan(change: Partial<Plan>): PackageContent {
  return { ...whole, plan: { ...whole.plan, ...change } };
}

function withRules(...rules: Rule[]): PackageContent {
  return withPlan({ rules });
}

function withState(change: Partial<StateFeedback>): PackageContent {
  return { ...whole, stateFeedback: [{ ...whole.stateFeedback[0]!, ...change }] };
}

const own = whole.model.layers.get(taught)!;
const [rows, inputs] = [3 * hiddenSize, 6];
const fed: Feedback = {
  target: taught + 1,
  source: 'logits',
  kernel: 1,
  dilation: 1,
  groups: 1,
  grid: [1, 1],
  matrix: new Int8Array(hiddenSize * classes),
  scales: new Float32Array(hiddenSize),
};

test('what the tests begin with holds', async () => {
  await checkContent(whole);
  await checkContent({
    ...withRules('frozen', 'frozen', 'feedback-local', 'exact'),
    feedback: [fed],
  });
  await checkContent({ ...withRules('frozen', 'frozen', 'frozen', 'exact'), stateFeedback: [] });
});

const refused: readonly (readonly [string, PackageContent, RegExp])[] = [
  [
    'a recurrent layer over an image',
    withModel({ graph: { ...whole.model.graph, inputShape: [8, 2, 1] } }),
    /nodes\[1\]: recurrent: expected a sequence, steps x 1 x features, got 8x2x4/,
  ],
  [
    'an initial state of another size',
    withRecurrent({ initialState: [0, 1] }),
    /nodes\[4\]: recurrent: expected an initial state of 6 values or none, got 2/,
  ],
  [
    'tokens of two channels',
    withModel({ graph: { ...whole.model.graph, inputShape: [8, 1, 2] } }),
    /nodes\[0\]: embedding: expected one token a position/,
  ],
  [
    'recurrent weights of another shape',
    withLayer({ weights: new Int8Array(5) }),
    /layers\[4\]: recurrent: expected 216 weights, 36 biases and scales, got 5, 36 and 36/,
  ],
  [
    'recurrent weights of one map',
    withLayer({ weights: own.weights.slice(0, rows * inputs) }),
    /layers\[4\]: recurrent: expected 216 weights/,
  ],
  [
    'one bias for two maps',
    withLayer({ bias: new Int32Array(rows) }),
    /36 biases and scales, got 216, 18/,
  ],
  [
    'a scale of zero in the second map',
    withLayer({ weightScales: own.weightScales.with(rows, 0) }),
    /layers\[4\]\.weightScales\[18\]: expected a number/,
  ],
  [
    'a recurrent weight past the limit',
    withLayer({ weights: own.weights.with(200, 65) }),
    /layers\[4\]\.weights\[200\]: expected -64 to 64, got 65/,
  ],
  [
    'hidden states of another scale',
    withModel({
      quantization: whole.model.quantization.with(taught + 1, { scale: 1 / 64, zeroPoint: 128 }),
    }),
    /quantization\[5\]: expected scale 1\/128 and zero point 128, got 0\.015625/,
  ],
  ['missing recurrent weights', withModel({ layers: new Map() }), /model\.layers\[1\]/],
  [
    'a table of too few tokens',
    withTable({ table: new Uint8Array(256) }),
    /lookups\[0\]\.table: expected 1024 entries, got 256/,
  ],
  ['slopes of tokens', withTable({ slope: new Float32Array(256) }), /lookups\[0\]\.slope/],
  ['a missing table of tokens', withModel({ lookups: new Map() }), /model\.lookups\[0\]/],
  ['trained tokens', withRules('exact-replay', 'frozen', 'exact', 'exact'), /before the tail/],
  [
    'a trained module of tokens',
    { ...withRules('exact', 'exact', 'exact', 'exact'), stateFeedback: [] },
    /embedding0: expected a frozen module, as of any embedding, got exact/,
  ],
  [
    'a trained layer that runs from the end',
    withRules('frozen', 'exact', 'exact', 'exact'),
    /lstm1: expected a module of its own, got one of 3 nodes/,
  ],
  [
    'a trained layer that runs from the end, alone',
    withRecurrent({ reverse: true }),
    /gru4: expected a frozen module, since it runs from the end, got exact/,
  ],
  [
    'a plan that does not say how steps learn',
    withPlan({ recurrence: null }),
    /gru4: expected a plan with a recurrence, got none/,
  ],
  [
    'direct feedback to a recurrent layer',
    { ...withRules('frozen', 'frozen', 'feedback-direct', 'exact'), feedback: [fed] },
    /gru4: expected rule feedback-local, got feedback-direct/,
  ],
  [
    'a trained recurrent layer with others in its module',
    {
      ...withRules('frozen', 'exact'),
      modules: [
        { name: 'early', from: tokens, to: both + 1 },
        { name: 'late', from: taught, to: head + 1 },
      ],
    },
    /gru4: expected a module of its own, got one of 2 nodes/,
  ],
  [
    'chunks whose sums would overflow',
    {
      ...content(10_000),
      plan: { ...whole.plan, recurrence: { exactSteps: 9000, earlier: 'exact' } },
    },
    /plan\.recurrence\.exactSteps: expected at most 8256 \(node 4 is trained\), got 9000/,
  ],
  [
    'sequences whose gates would overflow',
    { ...content(65_536), plan: { ...whole.plan, batchSize: 1 } },
    /nodes\[4\]: expected at most 65534 steps, since it is trained, got 65536/,
  ],
  [
    'state feedback of a node without a state',
    withState({ node: head }),
    /^stateFeedback\[0\]: state feedback: expected the index of a recurrent node that runs forwards, got 5/,
  ],
  ['state feedback of a layer from the end', withState({ node: 2 }), /runs forwards, got 2/],
  ['state feedback of no node', withState({ node: 99 }), /runs forwards, got 99/],
  [
    'state feedback of other segments',
    withState({ segments: 3 }),
    /state feedback of gru4: expected 18 rows of 6, got 12 and 72 entries/,
  ],
  [
    'a state matrix of another size',
    withState({ matrix: new Int8Array(71) }),
    /expected 12 rows of 6, got 12 and 71 entries/,
  ],
  [
    'a state matrix value of -128',
    withState({ matrix: whole.stateFeedback[0]!.matrix.with(3, -128) }),
    /stateFeedback\[0\]\.matrix: expected -127 to 127/,
  ],
  [
    'a negative state scale',
    withState({ scales: whole.stateFeedback[0]!.scales.with(2, -1) }),
    /stateFeedback\[0\]\.scales\[2\]/,
  ],
  [
    'state feedback twice',
    { ...whole, stateFeedback: [whole.stateFeedback[0]!, whole.stateFeedback[0]!] },
    /stateFeedback\[1\]\.node: expected nodes that differ, got 4/,
  ],
];

for (const [name, wrong, message] of refused) {
  test(`${name} is refused`, async () => {
    try {
      await checkContent(wrong);
    } catch (error) {
      assert.instance(error, FormatError);
      assert.match((error as Error).message, message);
      return;
    }
    assert.unreachable('nothing was thrown');
  });
}

test('logits of every step hold, and are no source of feedback', async () => {
  const random = new RandomModel(1, [8, 1, features]);
  const x = random.recurrent(0, { cell: 'gru', hiddenSize, output: 'sequence' });
  random.cut();
  random.stepLogits(x, classes);
  random.cut();
  const small = smallContent();
  const channels = Array.from({ length: features }, () => 1);
  const steps: PackageContent = {
    ...small,
    ...random.finish(),
    plan: { ...whole.plan, rules: ['exact', 'exact'] },
    feedback: [],
    input: { ...small.input, mean: channels, deviation: channels },
  };
  await checkContent(steps);
  const feedback = [{ ...fed, target: 1 }];
  const plan = { ...steps.plan, rules: ['feedback-local', 'exact'] as const };
  try {
    await checkContent({ ...steps, plan, feedback });
  } catch (error) {
    assert.match(
      (error as Error).message,
      /feedback\[0\]\.source: expected 'tail', since there are logits for every step, got "logits"/,
    );
    return;
  }
  assert.unreachable('nothing was thrown');
});

test.run();
