import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Graph, Node, Window } from '#runtime';

import { canTrain, cutPositions, partition } from './partition.ts';

const test = suite('exporters/partition');

const window: Window = { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pads: [1, 1, 1, 1] };

function conv(name: string, input: number, groups = 1): Node {
  return {
    name,
    operator: 'conv',
    attributes: { window, outputChannels: 4, groups, clamp: null },
    inputs: [input],
  };
}

function add(name: string, a: number, b: number): Node {
  return { name, operator: 'add', attributes: { clamp: null }, inputs: [a, b] };
}

function pool(name: string, input: number): Node {
  return { name, operator: 'maxPool', attributes: { window }, inputs: [input] };
}

function graphOf(...nodes: Node[]): Graph {
  return { inputShape: [8, 8, 4], nodes };
}

function names(graph: Graph): string[] {
  return partition(graph).map(({ name, from, to }) => `${name} ${from}-${to}`);
}

test('a chain is cut after every layer', () => {
  assert.equal(names(graphOf(conv('a', 0), conv('b', 1))), ['a 0-1', 'b 1-2']);
});

test('a residual block stays whole', () => {
  const graph = graphOf(
    conv('stem', 0),
    conv('b1', 1),
    conv('b2', 2),
    add('sum', 1, 3),
    conv('c', 4),
  );
  assert.equal(cutPositions(graph), [1, 4, 5]);
  assert.equal(names(graph), ['stem 0-1', 'b1 1-4', 'c 4-5']);
});

test('a pool joins the layer before it, and one at the start the layer after it', () => {
  assert.equal(names(graphOf(pool('p', 0), conv('a', 1), pool('q', 2), conv('b', 3))), [
    'a 0-3',
    'b 3-4',
  ]);
});

test('a depthwise convolution joins the pointwise one after it', () => {
  assert.equal(
    names(
      graphOf(conv('stem', 0), conv('dw', 1, 4), conv('pw', 2), conv('dw2', 3, 4), conv('pw2', 4)),
    ),
    ['stem 0-1', 'dw 1-3', 'dw2 3-5'],
  );
});

test('a dense layer at the end stands alone, after a depthwise convolution too', () => {
  const dense = { outputChannels: 3, clamp: null };
  const head: Node = { name: 'head', operator: 'dense', attributes: dense, inputs: [2] };
  assert.equal(names(graphOf(conv('stem', 0), conv('dw', 1, 4), head)), [
    'stem 0-1',
    'dw 1-2',
    'head 2-3',
  ]);
});

test('a value read by the last node keeps everything in one module', () => {
  assert.equal(names(graphOf(conv('a', 0), conv('b', 1), add('sum', 0, 2))), ['a 0-3']);
});

function recurrent(name: string, input: number, reverse = false): Node {
  return {
    name,
    operator: 'recurrent',
    attributes: { cell: 'gru', hiddenSize: 4, reverse, output: 'sequence', initialState: [] },
    inputs: [input],
  };
}

function sequenceOf(...nodes: Node[]): Graph {
  return { inputShape: [8, 1, 4], nodes };
}

test('recurrent layers and embeddings stand alone; a pool after one joins the layer behind it', () => {
  const embedding: Node = {
    name: 'e',
    operator: 'embedding',
    attributes: { size: 4 },
    inputs: [0],
  };
  const graph = {
    ...sequenceOf(embedding, recurrent('r', 1), pool('p', 2), conv('c', 3), recurrent('s', 4)),
    inputShape: [8, 1, 1] as const,
  };
  assert.equal(names(graph), ['e 0-1', 'r 1-2', 'c 2-4', 's 4-5']);
  assert.equal(
    partition(graph).map((module) => canTrain(graph, module)),
    [false, true, true, true],
  );
});

test('two directions are one module, which cannot be trained, nor can one with a way around', () => {
  const concat: Node = { name: 'both', operator: 'concat', attributes: {}, inputs: [1, 2] };
  const both = sequenceOf(recurrent('r', 0), recurrent('b', 0, true), concat, conv('c', 3));
  assert.equal(names(both), ['r 0-3', 'c 3-4']);
  const around = sequenceOf(recurrent('r', 0), add('sum', 0, 1));
  for (const graph of [both, around, sequenceOf(recurrent('b', 0, true))]) {
    assert.is(canTrain(graph, partition(graph)[0]!), false);
  }
});

test('modules hold every node once, in order', () => {
  const graph = graphOf(conv('a', 0), pool('p', 1), conv('b', 2), conv('c', 3), add('s', 3, 4));
  const modules = partition(graph);
  assert.is(modules[0]!.from, 0);
  assert.is(modules.at(-1)!.to, graph.nodes.length);
  modules.slice(1).forEach(({ from }, index) => assert.is(from, modules[index]!.to));
});

test.run();
