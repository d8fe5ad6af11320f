// The rival: float32 on tfjs's WebGL backend, as a layers model trained by stochastic gradient descent.
// oxlint-disable-next-line import/no-unassigned-import -- it registers the backend
import '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as modelOf } from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';

import { inferShapes } from '#runtime';
import type { Graph, Node } from '#runtime';

import type { Arm, Images } from './arm.ts';

interface TfjsArm extends Arm {
  /** Reads with the page's thread waiting, which tfjs does sooner than without. */
  predictBlocking(images: Images): ArrayLike<number>;
}

/** The graph's layers with random weights; Error for an operator that no network of the benchmark has. */
export async function openTfjs(graph: Graph): Promise<TfjsArm> {
  await tf.setBackend('webgl');
  await tf.ready();
  const model = network(graph);
  model.compile({ optimizer: tf.train.sgd(0.001), loss: 'categoricalCrossentropy' });
  const { gpgpu } = tf.backend() as unknown as { gpgpu: { gl: WebGL2RenderingContext } };
  const tensorOf = (pixels: Uint8Array, batch: number): tf.Tensor4D =>
    tf.tensor4d(
      Float32Array.from(pixels, (value) => value / 255),
      [batch, ...graph.inputShape],
    );
  return {
    gl: gpgpu.gl,
    async learn({ pixels, targets, batch }) {
      const x = tensorOf(pixels, batch);
      const y = tf.tensor2d(targets, [batch, targets.length / batch]);
      await model.trainOnBatch(x, y); // what model.fit does with each batch; it reads the loss
      x.dispose();
      y.dispose();
    },
    async predict({ pixels, batch }) {
      const y = tf.tidy(() => model.predict(tensorOf(pixels, batch)) as tf.Tensor);
      const values = await y.data<'float32'>();
      y.dispose();
      return values;
    },
    predictBlocking({ pixels, batch }) {
      const y = tf.tidy(() => model.predict(tensorOf(pixels, batch)) as tf.Tensor);
      const values = y.dataSync<'float32'>();
      y.dispose();
      return values;
    },
  };
}

/** Whether tfjs gives textures back at once, instead of keeping them for later use as it does by default. */
export function freeTexturesAtOnce(isFreed: boolean): void {
  tf.env().set('WEBGL_DELETE_TEXTURE_THRESHOLD', isFreed ? 0 : -1);
}

function network(graph: Graph): LayersModel {
  const shapes = inferShapes(graph);
  const image = input({ shape: [...graph.inputShape] });
  const values = [image];
  for (const [index, node] of graph.nodes.entries()) {
    const inputs = node.inputs.map((value) => values[value]!);
    let value = made(node, inputs);
    if (index === graph.nodes.length - 1) value = applied(layers.softmax(), value);
    // Pools and dense layers drop the height and width of 1.
    const expected = shapes[index + 1]!.slice(4 - value.shape.length);
    const got = value.shape.slice(1).join(' x ');
    if (got !== expected.join(' x ')) {
      throw new Error(`tfjs: expected ${node.name} to be ${expected.join(' x ')}, got ${got}`);
    }
    values.push(value);
  }
  return modelOf({ inputs: image, outputs: values.at(-1)! });
}

function made(node: Node, inputs: SymbolicTensor[]): SymbolicTensor {
  const [first] = inputs;
  const { operator, attributes } = node;
  const activation = 'clamp' in attributes && attributes.clamp !== null ? 'relu' : 'linear';
  const kernelInitializer = 'heNormal';
  if (operator === 'conv') {
    const { kernel, stride } = attributes.window;
    const layer = layers.conv2d({
      filters: attributes.outputChannels,
      kernelSize: [...kernel],
      strides: [...stride],
      padding: 'same',
      activation,
      kernelInitializer,
    });
    return applied(layer, first!);
  }
  if (operator === 'add') {
    return applied(layers.activation({ activation }), applied(layers.add(), inputs));
  }
  if (operator === 'averagePool') return applied(layers.globalAveragePooling2d({}), first!);
  if (operator === 'dense') {
    const { outputChannels: units } = attributes;
    return applied(layers.dense({ units, activation, kernelInitializer }), first!);
  }
  throw new Error(`tfjs: expected an operator of the benchmark's networks, got ${operator}`);
}

function applied(layer: layers.Layer, inputs: SymbolicTensor | SymbolicTensor[]): SymbolicTensor {
  return layer.apply(inputs) as SymbolicTensor;
}
