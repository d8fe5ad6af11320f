import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { engineCases, RandomModel, randomFeedback, windowOf } from '#test-support';

import { decodeModel } from '../onnx/decode-model.ts';
import type { OnnxNode } from '../onnx/decode-model.ts';
import { exportPrograms } from './export-programs.ts';

const test = suite('exporters/programs');

const same = windowOf(3, { pads: [1, 1, 1, 1] });

test('all that reads old weights is computed before any new ones', () => {
  for (const { name, input } of engineCases()) {
    for (const program of exportPrograms(input)) {
      const nodes = nodesOf(program.bytes);
      const updated = nodes.flatMap(({ outputs }) => outputs).filter(isNewWeights);
      for (const output of updated) {
        const layer = output.split(':')[1]!;
        const ancestors = ancestorsOf(nodes, output);
        const readers = nodes.filter(({ inputs }) =>
          inputs.some((value) => value === `weights:${layer}` || value === `bias:${layer}`),
        );
        const late = readers.filter(
          (node) => !ancestors.has(node) && !node.outputs.some(isNewWeights),
        );
        assert.equal(
          late.filter((node) => !isPartOfUpdate(nodes, node)).map((node) => node.name),
          [],
          `${name}, ${program.name}: read after ${output} may be written`,
        );
      }
    }
  }
});

test('nothing of a forward pass but its values waits for the backward', () => {
  // Executed as ONNX Runtime orders nodes, at most one float32 tensor of a layer's size may be alive
  // while the forward of a deep tail still runs.
  const { model, modules } = chain(6);
  const plan = { ...planDefaults, rules: modules.map(() => 'exact' as const) };
  const [tail] = exportPrograms({ model, modules, plan, feedback: [], stateFeedback: [] }).slice(1);
  const nodes = nodesOf(tail!.bytes);
  const order = executionOrder(nodes);
  const lastForward = order.findLastIndex(({ operator }) => operator === 'QLinearConv');
  const early = order
    .slice(0, lastForward)
    .filter(({ operator }) => ['DequantizeLinear', 'Cast', 'Slice', 'Pad'].includes(operator));
  assert.equal(
    early.map((node) => node.name),
    [],
  );
});

test('each layer’s products follow its own error, last layer first', () => {
  const { model, modules } = chain(4);
  const plan = { ...planDefaults, rules: modules.map(() => 'exact' as const) };
  const [tail] = exportPrograms({ model, modules, plan, feedback: [], stateFeedback: [] }).slice(1);
  const order = executionOrder(nodesOf(tail!.bytes)).map(({ operator }) => operator);
  const sums = order.flatMap((operator, at) => (operator === 'ReduceSumSquare' ? [at] : []));
  const errors = order.flatMap((operator, at) =>
    operator === 'DynamicQuantizeLinear' ? [at] : [],
  );
  // Of each layer's weights, then of its bias.
  assert.is(sums.length, 10);
  assert.ok(sums[1]! < errors[2]!, 'the head is done before the error of the layer before it');
  assert.ok(sums.at(-3)! < errors.at(-1)!, 'the first layer’s error comes after all but its own');
});

test('a gate is made where a gradient passes it, not before the gradient', () => {
  const { model, modules } = chain(4);
  const plan = { ...planDefaults, rules: modules.map(() => 'exact' as const) };
  const [tail] = exportPrograms({ model, modules, plan, feedback: [], stateFeedback: [] }).slice(1);
  const order = executionOrder(nodesOf(tail!.bytes));
  const clips = new Set(
    order.flatMap(({ operator, outputs }) => (operator === 'Clip' ? outputs : [])),
  );
  const gates = order.flatMap(({ operator, inputs }, at) =>
    operator === 'DequantizeLinear' && clips.has(inputs[0]!) ? [at] : [],
  );
  assert.is(gates.length, 4);
  for (const at of gates) assert.is(order[at + 1]!.operator, 'Mul');
});

test('the batch has no name by which ONNX Runtime could hold a buffer for a later value', () => {
  const { model, modules } = chain(4);
  const plan = { ...planDefaults, rules: modules.map(() => 'exact' as const) };
  const source = { model, modules, plan, feedback: [], stateFeedback: [] };
  for (const { bytes } of exportPrograms(source)) {
    const { inputs } = decodeModel(bytes, { externalData: () => new Uint8Array(100_000) });
    const x = inputs.find(({ name }) => name === 'x')!;
    assert.is(x.dimensions![0], '');
  }
});

test('a plan gets the programs its steps run, and no others', () => {
  const { model, modules } = chain(5);
  const names = (rules: readonly Rule[], source: 'tail' | 'logits' = 'tail'): string[] => {
    const needs = rules.some((rule) => rule.startsWith('feedback'));
    const feedback = needs ? randomFeedback({ model, modules, rules }, { source }, 1) : [];
    const programs = exportPrograms({
      model,
      modules,
      plan: { ...planDefaults, rules },
      feedback,
      stateFeedback: [],
    });
    assert.ok(programs.every(({ target }) => target === 'onnxruntime'));
    return programs.map(({ name }) => name);
  };
  assert.equal(names(['exact', 'exact', 'exact', 'exact', 'exact', 'exact']), [
    'predict',
    'tail:0',
  ]);
  assert.equal(names(['frozen', 'frozen', 'frozen', 'frozen', 'exact', 'exact']), [
    'predict',
    'tail:4',
    'forward:0-4',
  ]);
  assert.equal(names(['frozen', 'feedback-local', 'frozen', 'feedback-direct', 'exact', 'exact']), [
    'predict',
    'tail:4',
    'forward:0-1',
    'forward:1-4',
    'feedback:1',
    'forward:2-3',
    'feedback:3',
  ]);
  assert.equal(names(['frozen', 'frozen', 'frozen', 'exact-replay', 'exact-replay', 'exact']), [
    'predict',
    'tail:5',
    'forward:0-3',
    'forward:3-5',
    'replay:3',
    'replay:4',
    'forward:3-4',
  ]);
});

test('frozen weights stand outside, trained ones are inputs', () => {
  const { model, modules } = chain(3);
  const rules = ['frozen', 'frozen', 'exact', 'exact'] as const;
  const programs = exportPrograms({
    model,
    modules,
    plan: { ...planDefaults, rules },
    feedback: [],
    stateFeedback: [],
  });
  const outside: string[] = [];
  const [predict] = programs;
  const { inputs } = decodeModel(predict!.bytes, {
    externalData(location) {
      outside.push(location);
      return new Uint8Array(100_000);
    },
  });
  assert.equal(outside.toSorted(), ['bias-0.bin', 'bias-1.bin', 'weights-0.bin', 'weights-1.bin']);
  assert.equal(inputs.map(({ name }) => name).toSorted(), [
    'bias:2',
    'bias:4',
    'weights:2',
    'weights:4',
    'x',
  ]);
});

type Rule = 'frozen' | 'feedback-local' | 'feedback-direct' | 'exact-replay' | 'exact';

const planDefaults = {
  batchSize: 4,
  epochs: 1,
  learningRate: 0.1,
  feedbackRatio: 0.3,
  clip: 0.02,
  recurrence: null,
} as const;

/** Convolutions one after another, a module each, then a pooled head. */
function chain(depth: number) {
  const model = new RandomModel(3, [8, 8, 16]);
  let x = 0;
  for (let layer = 0; layer < depth; layer++) {
    x = model.conv(x, { outputChannels: 16, window: same, clamp: 'relu' });
    model.cut();
  }
  model.logits(model.averagePool(x, windowOf(8)), 5);
  model.cut();
  return model.finish();
}

function nodesOf(bytes: Uint8Array): readonly OnnxNode[] {
  return decodeModel(bytes, {
    externalData: () => new Uint8Array(100_000),
  }).nodes;
}

function isNewWeights(value: string): boolean {
  return /^new(?:Weights|Bias):/.test(value);
}

/** True of the nodes that only turn old weights into new ones: they read what they overwrite. */
function isPartOfUpdate(nodes: readonly OnnxNode[], node: OnnxNode): boolean {
  if (node.outputs.some(isNewWeights)) return true;
  const users = nodes.filter(({ inputs }) => node.outputs.some((value) => inputs.includes(value)));
  return users.length > 0 && users.every((user) => isPartOfUpdate(nodes, user));
}

function ancestorsOf(nodes: readonly OnnxNode[], value: string): ReadonlySet<OnnxNode> {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
  const found = new Set<OnnxNode>();
  const visit = (wanted: string): void => {
    const maker = makers.get(wanted);
    if (maker === undefined || found.has(maker)) return;
    found.add(maker);
    maker.inputs.forEach(visit);
  };
  visit(value);
  return found;
}

/**
 * The order in which ONNX Runtime runs nodes: from the last leaf back, of what a node needs the last
 * node first.
 */
function executionOrder(nodes: readonly OnnxNode[]): OnnxNode[] {
  const makers = new Map(
    nodes.flatMap((node, at) => node.outputs.map((output) => [output, at] as const)),
  );
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const done = new Set<number>();
  const order: OnnxNode[] = [];
  const visit = (at: number): void => {
    if (done.has(at)) return;
    done.add(at);
    const needs = nodes[at]!.inputs.flatMap((input) => makers.get(input) ?? []);
    for (const need of [...new Set(needs)].toSorted((a, b) => b - a)) visit(need);
    order.push(nodes[at]!);
  };
  const leaves = nodes.flatMap(({ outputs }, at) =>
    outputs.some((output) => used.has(output)) ? [] : [at],
  );
  for (const leaf of leaves.toReversed()) visit(leaf);
  return order;
}

test.run();
