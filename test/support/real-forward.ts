// A model in real numbers, double precision: the naive loops an integer kernel is compared with.
// It shares nothing with the kernels: no index tables, no fused scales.
import { inferShapes, isLayer } from '#runtime';
import type { Clamp, Model, Node, Quantization, Shape, Window } from '#runtime';

import { activations } from './activations.ts';

/** Real weights [o, k, c] and bias [o]. */
export interface RealLayer {
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

export interface RealModel {
  readonly model: Model;
  readonly layers: ReadonlyMap<number, RealLayer>;
}

export function realModel(model: Model): RealModel {
  const layers = new Map(
    [...model.layers].map(([node, { weights, bias, weightScales }]) => {
      const { scale } = model.quantization[model.graph.nodes[node]!.inputs[0]!]!;
      const perRow = weights.length / bias.length;
      return [
        node,
        {
          weights: Float64Array.from(weights, (w, i) => w * weightScales[Math.floor(i / perRow)]!),
          bias: Float64Array.from(bias, (b, o) => b * scale * weightScales[o]!),
        },
      ];
    }),
  );
  return { model, layers };
}

export function dequantize(
  values: ArrayLike<number>,
  { scale, zeroPoint }: Quantization,
): Float64Array {
  return Float64Array.from(values, (value) => (value - zeroPoint) * scale);
}

/** The last value of one sample. */
export function realForward(real: RealModel, input: Float64Array): Float64Array {
  const values = [input];
  for (const [index, node] of real.model.graph.nodes.entries()) {
    const inputs = node.inputs.map((value) => values[value]!);
    values.push(realNodeForward(real, index, inputs));
  }
  return values.at(-1)!;
}

/** What one node makes of one sample's inputs. */
export function realNodeForward(
  { model, layers }: RealModel,
  index: number,
  inputs: readonly Float64Array[],
): Float64Array {
  const shapes = inferShapes(model.graph);
  const node = model.graph.nodes[index]!;
  const inputShapes = node.inputs.map((value) => shapes[value]!);
  const layer = isLayer(node) ? layers.get(index)! : null;
  return realNode(node, { inputs, inputShapes, outputShape: shapes[index + 1]!, layer });
}

interface NodeCall {
  readonly inputs: readonly Float64Array[];
  readonly inputShapes: readonly Shape[];
  readonly outputShape: Shape;
  readonly layer: RealLayer | null;
}

function realNode(node: Node, call: NodeCall): Float64Array {
  const [a, b] = call.inputs as [Float64Array, Float64Array];
  switch (node.operator) {
    case 'conv':
      return clamped(realConv(node.attributes, call), node.attributes.clamp);
    case 'dense':
      return clamped(realDense(call), node.attributes.clamp);
    case 'add':
      return clamped(
        a.map((x, i) => x + b[i]!),
        node.attributes.clamp,
      );
    case 'mul':
      return a.map((x, i) => x * b[i % b.length]!);
    case 'concat':
      return realConcat(call);
    case 'maxPool':
      return realPool(node.attributes.window, call, (taps) => Math.max(...taps));
    case 'averagePool': {
      const { window, countPadding } = node.attributes;
      const all = window.kernel[0] * window.kernel[1];
      return realPool(window, call, (taps) => {
        const sum = taps.reduce((total, x) => total + x, 0);
        return sum / (countPadding ? all : taps.length);
      });
    }
    case 'lookup':
      return a.map(activations[node.attributes.activation as keyof typeof activations].value);
    case 'embedding':
    case 'recurrent':
      throw new TypeError('sequences have references of their own');
    default:
      node satisfies never;
      throw new TypeError('unreachable');
  }
}

function clamped(values: Float64Array, clamp: Clamp | null): Float64Array {
  if (clamp === null) return values;
  return values.map((x) => Math.min(clamp.maximum, Math.max(clamp.minimum, x)));
}

function realConv(
  { window, groups }: Extract<Node, { operator: 'conv' }>['attributes'],
  { inputs, inputShapes, outputShape, layer }: NodeCall,
): Float64Array {
  const [height, width, channels] = outputShape;
  const perGroup = inputShapes[0]![2] / groups;
  const offsets = window.kernel[0] * window.kernel[1];
  const output = new Float64Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let o = 0; o < channels; o++) {
        const group = Math.floor((o * groups) / channels);
        let sum = layer!.bias[o]!;
        for (const { offset, at } of tapsOf(window, inputShapes[0]!, y, x)) {
          for (let c = 0; c < perGroup; c++) {
            const weight = layer!.weights[(o * offsets + offset) * perGroup + c]!;
            sum += weight * inputs[0]![at + group * perGroup + c]!;
          }
        }
        output[(y * width + x) * channels + o] = sum;
      }
    }
  }
  return output;
}

function realDense({ inputs, outputShape, layer }: NodeCall): Float64Array {
  const size = inputs[0]!.length;
  return Float64Array.from({ length: outputShape[2] }, (_, o) =>
    inputs[0]!.reduce((sum, x, i) => sum + x * layer!.weights[o * size + i]!, layer!.bias[o]!),
  );
}

function realConcat({ inputs, inputShapes, outputShape }: NodeCall): Float64Array {
  const positions = outputShape[0] * outputShape[1];
  const output: number[] = [];
  for (let p = 0; p < positions; p++) {
    for (const [index, [, , channels]] of inputShapes.entries()) {
      output.push(...inputs[index]!.subarray(p * channels, (p + 1) * channels));
    }
  }
  return Float64Array.from(output);
}

function realPool(
  window: Window,
  { inputs, inputShapes, outputShape }: NodeCall,
  pool: (taps: number[]) => number,
): Float64Array {
  const [height, width, channels] = outputShape;
  const output: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const taps = tapsOf(window, inputShapes[0]!, y, x);
      for (let c = 0; c < channels; c++)
        output.push(pool(taps.map(({ at }) => inputs[0]![at + c]!)));
    }
  }
  return Float64Array.from(output);
}

/** Kernel offsets of one output that lie inside the input, and the element of their first channel. */
function tapsOf(
  { kernel, stride, dilation, pads }: Window,
  [height, width, channels]: Shape,
  y: number,
  x: number,
): { offset: number; at: number }[] {
  const taps = [];
  for (let ky = 0; ky < kernel[0]; ky++) {
    for (let kx = 0; kx < kernel[1]; kx++) {
      const row = y * stride[0] - pads[0] + ky * dilation[0];
      const column = x * stride[1] - pads[1] + kx * dilation[1];
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      taps.push({ offset: ky * kernel[1] + kx, at: (row * width + column) * channels });
    }
  }
  return taps;
}
