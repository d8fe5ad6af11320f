import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { smallContent } from '../../test/support/small-content.ts';
import { FormatError } from '../errors.ts';
import type { Node } from '../graph/graph.ts';
import type { LayerParameters, Model } from '../graph/model.ts';
import type { Window } from '../graph/operator.ts';
import type { Feedback } from '../learning/plan.ts';
import { checkContent } from './check-content.ts';
import type { PackageContent } from './content.ts';

const test = suite('runtime/package/check-content');

const small = smallContent();
const [conv, sigmoid, head] = small.model.graph.nodes as readonly [Node, Node, Node];
const convLayer = small.model.layers.get(0)!;

function withModel(change: Partial<Model>): PackageContent {
  return { ...small, model: { ...small.model, ...change } };
}

function withNodes(...nodes: Node[]): PackageContent {
  return withModel({ graph: { ...small.model.graph, nodes } });
}

function withWindow(change: Partial<Window>): PackageContent {
  if (conv.operator !== 'conv') throw new Error('the small package begins with a conv');
  const window = { ...conv.attributes.window, ...change };
  return withNodes({ ...conv, attributes: { ...conv.attributes, window } }, sigmoid, head);
}

// The second node as a pool, whose window must meet its input.
function withPool(change: Partial<Window>): PackageContent {
  const window: Window = {
    kernel: [2, 2],
    stride: [1, 1],
    dilation: [1, 1],
    pads: [0, 0, 0, 0],
    ...change,
  };
  const pool = { name: 'pool', operator: 'maxPool', attributes: { window }, inputs: [1] } as const;
  return withNodes(conv, pool, head);
}

function withConv(change: Partial<LayerParameters>): PackageContent {
  const layers = new Map(small.model.layers).set(0, { ...convLayer, ...change });
  return withModel({ layers });
}

function withFeedback(change: Partial<Feedback>): PackageContent {
  return { ...small, feedback: [{ ...small.feedback[0]!, ...change }] };
}

function withModules(...cuts: readonly (readonly [number, number])[]): PackageContent {
  return { ...small, modules: cuts.map(([from, to]) => ({ name: 'm', from, to })) };
}

function withPlan(change: Partial<PackageContent['plan']>): PackageContent {
  return { ...small, plan: { ...small.plan, ...change } };
}

test('the small package holds', () => checkContent(smallContent()));

const refused: readonly (readonly [string, PackageContent, RegExp])[] = [
  [
    'a node that reads a later value',
    withNodes(conv, { ...sigmoid, inputs: [7] }, head),
    /^model\.graph\.nodes\[1\]\.inputs\[0\]: expected a value from 0 to 1, got 7$/,
  ],
  [
    'a node with too many inputs',
    withNodes(conv, { ...sigmoid, inputs: [1, 1] }, head),
    /nodes\[1\]\.inputs: expected 1, got 2/,
  ],
  [
    'a value nobody reads',
    withNodes(conv, { ...sigmoid, inputs: [0] }, head),
    /value 1: expected a node that reads it/,
  ],
  ['a window larger than the input', withWindow({ kernel: [9, 9] }), /nodes\[0\]: conv: expected/],
  [
    'a window of too many positions',
    withWindow({ kernel: [60_000, 60_000], pads: [65_000, 65_000, 65_000, 65_000] }),
    /nodes\[0\]\.attributes\.window: expected at most 16777216 positions/,
  ],
  [
    'a value of too many elements',
    withModel({ graph: { ...small.model.graph, inputShape: [65_536, 65_536, 65_536] } }),
    /inputShape: expected a value of at most 67108864 elements/,
  ],
  ['a pool over padding', withPool({ pads: [2, 0, 0, 0] }), /each window to meet the input/],
  [
    'a pool whose dilation skips the input',
    withPool({ kernel: [1, 2], dilation: [1, 9], pads: [0, 8, 0, 8] }),
    /each window to meet the input/,
  ],
  [
    'quantization of too few values',
    withModel({ quantization: small.model.quantization.slice(1) }),
    /model\.quantization: expected 4, got 3/,
  ],
  [
    'logits inside the model',
    withModel({ quantization: [null, ...small.model.quantization.slice(1)] }),
    /model\.quantization\[0\]: expected a scale, got null/,
  ],
  [
    'quantised logits',
    withModel({
      quantization: [...small.model.quantization.slice(0, 3), { scale: 1, zeroPoint: 0 }],
    }),
    /model\.quantization\[3\]: expected null/,
  ],
  ['a maxPool that rescales', withPool({ pads: [1, 1, 0, 0] }), /as of any maxPool/],
  [
    'a clamp that nothing passes',
    withNodes(
      { ...conv, attributes: { ...conv.attributes, clamp: { minimum: 99, maximum: 100 } } } as Node,
      sigmoid,
      head,
    ),
    /clamp: expected a range that meets the value's, got 99 to 100/,
  ],
  [
    'a clamp on logits',
    withNodes(conv, sigmoid, {
      ...head,
      attributes: { ...head.attributes, clamp: { minimum: 0, maximum: 1 } },
    } as Node),
    /nodes\[2\]\.attributes\.clamp: expected null on logits/,
  ],
  [
    'a model that ends without a layer',
    withNodes(conv, sigmoid),
    /model\.quantization: expected 3, got 4/,
  ],
  ['missing weights', withModel({ layers: new Map([[0, convLayer]]) }), /model\.layers\[2\]/],
  [
    'weights of a node without any',
    withModel({ layers: new Map(small.model.layers).set(1, convLayer) }),
    /model\.layers: expected 2, got 3/,
  ],
  ['a missing table', withModel({ lookups: new Map() }), /model\.lookups\[1\]/],
  [
    'weights of another shape',
    withConv({ weights: new Int8Array(17) }),
    /layers\[0\]\.weights: expected 18 values \(2x3x3x1\), got 17/,
  ],
  [
    'a weight past the limit',
    withConv({ weights: new Int8Array(18).fill(65) }),
    /layers\[0\]\.weights\[0\]: expected -64 to 64, got 65/,
  ],
  ['a bias of another length', withConv({ bias: new Int32Array(3) }), /layers\[0\]\.bias/],
  [
    'a weight scale of zero',
    withConv({ weightScales: Float32Array.of(1, 0) }),
    /layers\[0\]\.weightScales\[1\]: expected a number from 1e-12 to 1e12, got 0/,
  ],
  [
    'a weight scale that is not a number',
    withConv({ weightScales: Float32Array.of(Number.NaN, 1) }),
    /weightScales\[0\].*got NaN/,
  ],
  ['modules that leave out a node', withModules([0, 1], [2, 3]), /modules\[1\]\.from: expected 1/],
  [
    'modules that end early',
    withModules([0, 1], [1, 2]),
    /modules: expected 3 nodes in all, got 2/,
  ],
  ['modules that run on', withModules([0, 2], [2, 4]), /modules: expected 3 nodes in all, got 4/],
  ['an empty module', withModules([0, 0], [0, 3]), /modules\[0\]\.to: expected more than 0/],
  ['rules for other modules', withPlan({ rules: ['exact'] }), /^plan: expected one rule/],
  ['a tail before the end', withPlan({ rules: ['exact', 'frozen'] }), /^plan: /],
  [
    'a batch whose sums would overflow',
    withPlan({ batchSize: 4000 }),
    /plan\.batchSize: expected at most 3669 \(node 0 is trained\), got 4000/,
  ],
  ['feedback to a frozen module', withPlan({ rules: ['frozen', 'exact'] }), /targets none/],
  [
    'feedback to no layer',
    withFeedback({ target: 2 }),
    /feedback of module 0 \(feedback-direct\): expected targets 1, got "2"/,
  ],
  ['feedback to a value that is not there', withFeedback({ target: 9 }), /feedback/],
  ['feedback on another grid', withFeedback({ grid: [2, 3] }), /feedback\[0\]\.grid: expected 3x3/],
  [
    'a grid finer than the value',
    withFeedback({ source: 'logits', grid: [4, 1] }),
    /grid: expected at most 3x3/,
  ],
  ['an even kernel', withFeedback({ kernel: 2 }), /feedback\[0\]: expected an odd kernel, got 2/],
  ['groups that do not divide', withFeedback({ groups: 3 }), /feedback\[0\]\.groups/],
  [
    'a matrix of another size',
    withFeedback({ matrix: new Int8Array(5) }),
    /feedback\[0\]\.matrix: expected 2x2 values for 3x3x2, got 5/,
  ],
  ['a matrix value of -128', withFeedback({ matrix: Int8Array.of(-128, 0, 0, 0) }), /-127 to 127/],
  ['scales of another length', withFeedback({ scales: new Float32Array(3) }), /\.scales/],
  ['a negative scale', withFeedback({ scales: Float32Array.of(1, -1) }), /\.scales\[1\]/],
  ['means of other channels', { ...small, input: { ...small.input, mean: [1, 2] } }, /input\.mean/],
  [
    'more labels than rows',
    { ...small, labels: ['a', 'b', 'c', 'd'] },
    /labels: expected at most 3/,
  ],
  ['labels twice', { ...small, labels: ['a', 'a'] }, /labels\[1\]: expected names that differ/],
];

for (const [name, content, message] of refused) {
  test(`${name} is refused`, async () => {
    try {
      await checkContent(content);
    } catch (error) {
      assert.instance(error, FormatError);
      assert.match((error as Error).message, message);
      return;
    }
    assert.unreachable('nothing was thrown');
  });
}

test.run();
