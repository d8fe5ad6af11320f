// A model small enough to export and teach within a test, and a task for it: a 4x4 picture has its
// top half, its left half or its diagonal lit. The weights are drawn, so it knows nothing at first.
import { GraphBuilder } from '#exporters';

import { randomStream } from './random-stream.ts';

export const tinyLabels = ['top', 'left', 'diagonal'];

/** An ONNX model: [N, 1, 4, 4] from 0 to 1, two convolutions, three logits. */
export function tinyOnnx(seed = 1): Uint8Array {
  const random = randomStream(seed);
  const weights = (count: number, spread: number): Float32Array =>
    Float32Array.from({ length: count }, () => (random() * 2 - 1) * spread);
  const g = new GraphBuilder({ opset: 13 });
  let value = g.input('input', 'float32', ['N', 1, 4, 4]);
  for (const [name, inputs] of [
    ['conv1', 1],
    ['conv2', 4],
  ] as const) {
    const w = g.constant(`${name}.w`, weights(4 * inputs * 9, 0.5), [4, inputs, 3, 3]);
    const b = g.constant(`${name}.b`, weights(4, 0.1), [4]);
    const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
    value = g.node('Relu', [g.node('Conv', [value, w, b], { attributes, output: name })]);
  }
  const head = g.constant('head.w', weights(3 * 64, 0.2), [3, 64]);
  const bias = g.constant('head.b', weights(3, 0.1), [3]);
  const flat = g.node('Flatten', [value]);
  const attributes = { transB: 1 };
  g.output(g.node('Gemm', [flat, head, bias], { attributes, output: 'logits' }), 'float32', [
    'N',
    3,
  ]);
  return g.build();
}

/** `count` noisy pictures, classes in turn: values one picture after another, and class indices. */
export function tinySamples(
  count: number,
  seed = 1,
): { x: Float32Array<ArrayBuffer>; y: number[] } {
  const random = randomStream(seed);
  const x = new Float32Array(count * 16);
  const y = Array.from({ length: count }, (_, index) => index % 3);
  for (let index = 0; index < x.length; index++) {
    const [row, column] = [(index >> 2) & 3, index & 3];
    const isLit = [row < 2, column < 2, row === column][y[index >> 4]!]!;
    x[index] = (isLit ? 0.8 : 0) + 0.2 * random();
  }
  return { x, y };
}
