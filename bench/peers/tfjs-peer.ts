// tfjs in Node, on its cpu or wasm backend: float32 backpropagation. Bundled before it runs (peers.ts), since tfjs's
// gradients and its own modules do not load in Node as they are.
// oxlint-disable-next-line import/no-unassigned-import -- it registers the backend
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
// oxlint-disable-next-line import/no-unassigned-import -- it registers the gradients
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

import type { Graph, Node } from '#runtime';

import { servePeer } from './serve-peer.ts';

const [backend, wasmFolder] = process.argv.slice(2) as [string, string];
setWasmPaths(wasmFolder);

await servePeer(
  async (network, batch) => {
    if (!(await tf.setBackend(backend))) throw new Error(`tfjs: no backend ${backend}`);
    await tf.ready();
    const { forward, variables } = model(network);
    const x = tf.randomNormal<tf.Rank.R4>([batch, ...network.inputShape]);
    const y = tf.oneHot(tf.range(0, batch, 1, 'int32'), 10);
    const optimizer = tf.train.sgd(1e-3);
    return {
      predict: () => tf.tidy(() => forward(x)).data(),
      async step() {
        optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, forward(x)), false, variables);
        await variables.at(-1)!.data();
      },
    };
  },
  [`@tensorflow/tfjs-backend-${backend}`, '@tensorflow/tfjs-core'],
);

interface Model {
  readonly forward: (x: tf.Tensor4D) => tf.Tensor;
  readonly variables: tf.Variable[];
}

function model({ inputShape, nodes }: Graph): Model {
  const channels = [inputShape[2]];
  const weights = nodes.map(({ operator, attributes, inputs }) => {
    const width = channels[inputs[0]!]!;
    const outputs = 'outputChannels' in attributes ? attributes.outputChannels : width;
    channels.push(outputs);
    if (operator === 'conv') {
      const [height, breadth] = attributes.window.kernel;
      return randomVariable([height, breadth, width, outputs]);
    }
    return operator === 'dense' ? randomVariable([width, outputs]) : null;
  });
  return {
    variables: weights.filter((each) => each !== null),
    forward(x) {
      const values: tf.Tensor[] = [x];
      for (const [index, node] of nodes.entries()) {
        const value = run(
          node,
          node.inputs.map((input) => values[input]!),
          weights[index] ?? null,
        );
        const clamp = 'clamp' in node.attributes ? node.attributes.clamp : null;
        values.push(clamp === null ? value : tf.relu(value));
      }
      return values.at(-1)!;
    },
  };
}

function run(node: Node, [a, b]: readonly tf.Tensor[], weights: tf.Variable | null): tf.Tensor {
  if (node.operator === 'conv') {
    const [stride] = node.attributes.window.stride;
    return tf.conv2d(a as tf.Tensor4D, weights as tf.Tensor4D, stride, 'same');
  }
  if (node.operator === 'dense') {
    return tf.matMul(tf.reshape(a!, [a!.shape[0], -1]), weights!);
  }
  if (node.operator === 'add') return tf.add(a!, b!);
  if (node.operator === 'averagePool') return tf.mean(a!, [1, 2]);
  throw new TypeError(`${node.name}: expected conv, dense, add or averagePool`);
}

function randomVariable(shape: number[]): tf.Variable {
  const fan = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  return tf.variable(tf.randomNormal(shape, 0, Math.sqrt(2 / fan)));
}
