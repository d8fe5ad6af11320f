import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { CellName, Graph, Node, Recurrence } from '#runtime';
import { assertClose, randomStream } from '#test-support';

import type { FloatModel } from '../float/model.ts';
import { parameterCounts } from '../float/model.ts';
import { partition } from '../partition.ts';
import { planFor } from '../plan.ts';
import { approximatedNodes, recurrentSignals } from './recurrent-signals.ts';
import { approximateGradients } from './replayed-gates.ts';
import type { LabelledSamples } from './signals.ts';
import { measureStateAlignment } from './state-alignment.ts';
import { makeStateFeedback } from './state-feedback.ts';

const test = suite('exporters/feedback/state-feedback');

const [steps, features, hidden, classes] = [12, 3, 5, 4];
const gates = (exactSteps: number): Recurrence => ({ exactSteps, earlier: 'gates' });

function graphOf(cell: CellName): Graph {
  const nodes: Node[] = [
    {
      name: 'r',
      operator: 'recurrent',
      inputs: [0],
      attributes: { cell, hiddenSize: hidden, reverse: false, output: 'last', initialState: [] },
    },
    {
      name: 'd',
      operator: 'dense',
      inputs: [1],
      attributes: { outputChannels: classes, clamp: null },
    },
  ];
  return { inputShape: [steps, 1, features], nodes };
}

/** Weights of the size that a layer of this width is started with; `recurrent` multiplies those of U. */
function modelOf(cell: CellName, recurrent: number): FloatModel {
  const graph = graphOf(cell);
  const random = randomStream(11);
  const draw = (length: number): Float32Array =>
    Float32Array.from({ length }, () => 1.5 * (2 * random() - 1));
  const parameters = graph.nodes.map((node, index) => {
    const counts = parameterCounts(node, index === 0 ? [steps, 1, features] : [1, 1, hidden])!;
    const weights = draw(counts.weights);
    const isHidden = (i: number): boolean =>
      index === 0 && i >= weights.length * (features / (features + hidden));
    return [
      index,
      {
        weights: weights.map((weight, i) => (isHidden(i) ? recurrent * weight : weight)),
        bias: draw(counts.bias),
      },
    ] as const;
  });
  return { graph, parameters: new Map(parameters) };
}

function dataOf(samples: number, seed: number): LabelledSamples {
  const random = randomStream(seed);
  const x = Float32Array.from({ length: samples * steps * features }, () => 2 * random() - 1);
  return { samples: x, labels: Array.from({ length: samples }, (_, i) => i % classes) };
}

const cellNames = ['lstm', 'gru', 'rnn'] as const;

for (const cell of cellNames) {
  test(`${cell}: as many exact steps as there are give backpropagation through time`, () => {
    for (const batch of recurrentSignals(modelOf(cell, 1), dataOf(6, 1), [0])) {
      const made = approximateGradients(batch[0]!, gates(steps), null);
      assertClose(made.d, batch[0]!.exact.d, 0);
      assertClose(made.du, batch[0]!.exact.du, 0);
    }
  });

  test(`${cell}: without a recurrent map the product of gates is the whole gradient`, () => {
    const model = modelOf(cell, 0);
    const [alignment] = measureStateAlignment(model, dataOf(16, 1), [0], {
      recurrence: gates(2),
      feedback: [],
    });
    assert.is(alignment!.layer, 'r');
    assertClose([alignment!.cosine], [1], 1e-9);
  });

  test(`${cell}: one step before the cut the feedback is known, and the fit finds it`, () => {
    const model = modelOf(cell, 1);
    const recurrence = gates(steps - 1);
    const [feedback] = makeStateFeedback(model, dataOf(64, 1), [0], {
      recurrence,
      segments: 1,
      density: 1,
      lambda: 1e-12,
    });
    const { matrix, scales } = feedback!;
    const width = cell === 'lstm' ? 2 * hidden : hidden;
    // A GRU's gates pass the gradient on, where the others need the feedback for it.
    const known = cell === 'gru' ? 0 : 1;
    const real = Float64Array.from(matrix, (b, i) => b * scales[Math.floor(i / width)]!);
    const expected = real.map((_, i) => (i % width === Math.floor(i / width) ? known : 0));
    assertClose(real, expected, 0.5 / 127 + 1e-3);
  });

  test(`${cell}: what is fitted points nearer to the true gradient, on other samples`, () => {
    const model = modelOf(cell, 1);
    const recurrence = gates(3);
    const cosineWith = (kind: 'none' | 'calibrated' | 'random'): number => {
      const feedback = makeStateFeedback(model, dataOf(256, 1), [0], {
        recurrence,
        kind,
        density: 0.4,
      });
      return measureStateAlignment(model, dataOf(128, 2), [0], { recurrence, feedback })[0]!.cosine;
    };
    const [none, calibrated, random] = [
      cosineWith('none'),
      cosineWith('calibrated'),
      cosineWith('random'),
    ];
    assert.ok(calibrated > none, `${calibrated} against ${none}`);
    assert.ok(calibrated > random, `${calibrated} against ${random}`);
  });
}

test('truncation leaves nothing before the cut', () => {
  for (const batch of recurrentSignals(modelOf('lstm', 1), dataOf(4, 1), [0])) {
    const { d } = approximateGradients(batch[0]!, { exactSteps: 4, earlier: 'none' }, null);
    const before = (d.length / steps) * (steps - 4);
    assert.ok(d.subarray(0, before).every((g) => g === 0));
    assertClose(d.subarray(before), batch[0]!.exact.d.subarray(before), 0);
  }
});

test('rows keep their share of entries, and a package its size', () => {
  const options = { recurrence: gates(4), segments: 2, density: 0.4 } as const;
  for (const kind of ['calibrated', 'random'] as const) {
    const [feedback] = makeStateFeedback(modelOf('lstm', 1), dataOf(64, 1), [0], {
      ...options,
      kind,
    });
    const { matrix, scales, segments, node } = feedback!;
    assert.equal([node, segments, scales.length, matrix.length], [0, 2, 10, 100]);
    for (let row = 0; row < 10; row++) {
      const kept = matrix.subarray(row * 10, (row + 1) * 10).filter((b) => b !== 0);
      assert.ok(kept.length <= 4 && kept.length > 0);
    }
  }
});

test('layers that are frozen, exact, short or of every step need no feedback', () => {
  const graph = graphOf('gru');
  const modules = partition(graph);
  const nodes = (options: Parameters<typeof planFor>[2]): number[] =>
    approximatedNodes(graph, modules, planFor(graph, modules, options));
  assert.equal(nodes({ recurrence: { exactSteps: 4, earlier: 'gates' } }), [0]);
  assert.equal(nodes({ recurrence: { earlier: 'exact' } }), []);
  assert.equal(nodes({ recurrence: { exactSteps: steps, earlier: 'gates' } }), []);
  assert.equal(nodes({ tail: 1, frozen: 1 }), []);
});

test.run();
