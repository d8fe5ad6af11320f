// Networks with random weights, for what depends on shapes only: memory and time.
import { prepareImported } from '#exporters';
import type { PreparedModel } from '#exporters';
import { sizeOf } from '#runtime';
import type { Graph, Node } from '#runtime';

import { layerParameters } from '../test/support/layer-parameters.ts';

const relu = { minimum: 0, maximum: Infinity };

/** Twenty 3x3 convolutions of 32 channels at 32x32, a mean over the image, ten classes. */
function twentyConvolutions(): PreparedModel {
  return preparedNetwork(convolutionStack({ layers: 20, channels: 32, pixels: 32 }));
}

export interface StackSize {
  readonly layers: number;
  readonly channels: number;
  /** Height and width of the images. */
  readonly pixels: number;
}

/** 3x3 convolutions on images of as many channels as they make, a mean over the image, ten classes. */
export function convolutionStack({ layers, channels, pixels }: StackSize): Graph {
  const nodes: Node[] = Array.from({ length: layers }, (_, index) =>
    convolution(`conv${index}`, index, { channels }),
  );
  return {
    inputShape: [pixels, pixels, channels],
    nodes: [...nodes, mean(layers, [pixels, pixels]), head(layers + 1)],
  };
}

/** A stem and three residual blocks of 16, 32 and 64 channels at 32, 16 and 8 pixels, ten classes. */
function resnet8(): PreparedModel {
  const nodes: Node[] = [convolution('stem', 0, { channels: 16 })];
  let input = 1;
  for (const [block, channels] of [16, 32, 64].entries()) {
    const stride = block === 0 ? 1 : 2;
    const name = `block${block}`;
    nodes.push(convolution(`${name}.a`, input, { channels, stride }));
    nodes.push(convolution(`${name}.b`, nodes.length, { channels, clamped: false }));
    const branch = nodes.length;
    if (stride === 2) {
      nodes.push(
        convolution(`${name}.skip`, input, { channels, stride, kernel: 1, clamped: false }),
      );
      input = nodes.length;
    }
    nodes.push({
      name: `${name}.sum`,
      operator: 'add',
      attributes: { clamp: relu },
      inputs: [branch, input],
    });
    input = nodes.length;
  }
  return preparedNetwork({
    inputShape: [32, 32, 3],
    nodes: [...nodes, mean(input, [8, 8]), head(input + 1)],
  });
}

/** Ten 3x3 convolutions of 16 to 128 channels at 32 to 4 pixels, ten classes. */
function tenConvolutions(): PreparedModel {
  const widths = [16, 16, 32, 32, 32, 64, 64, 64, 128, 128];
  const nodes = widths.map((channels, index) => {
    const stride = channels > (widths[index - 1] ?? channels) ? 2 : 1;
    return convolution(`conv${index}`, index, { channels, stride });
  });
  return preparedNetwork({
    inputShape: [32, 32, 3],
    nodes: [...nodes, mean(10, [4, 4]), head(11)],
  });
}

function convolution(
  name: string,
  input: number,
  options: { channels: number; stride?: number; kernel?: 1 | 3; clamped?: boolean },
): Node {
  const { channels, stride = 1, kernel = 3, clamped = true } = options;
  const pad = (kernel - 1) / 2;
  return {
    name,
    operator: 'conv',
    attributes: {
      window: {
        kernel: [kernel, kernel],
        stride: [stride, stride],
        dilation: [1, 1],
        pads: [pad, pad, pad, pad],
      },
      outputChannels: channels,
      groups: 1,
      clamp: clamped ? relu : null,
    },
    inputs: [input],
  };
}

function mean(input: number, kernel: readonly [number, number]): Node {
  const window = { kernel, stride: [1, 1], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
  return {
    name: 'mean',
    operator: 'averagePool',
    attributes: { window, countPadding: false },
    inputs: [input],
  };
}

function head(input: number): Node {
  return {
    name: 'head',
    operator: 'dense',
    attributes: { outputChannels: 10, clamp: null },
    inputs: [input],
  };
}

// Weights of deviation sqrt(2 / fan-in), from a counter; calibrated on two random samples.
export function preparedNetwork(graph: Graph): PreparedModel {
  const parameters = layerParameters(graph, ({ index, rows, fan }) => ({
    weights: noise(rows * fan, index + 1).map((value) => value * Math.sqrt(6 / fan)),
    bias: new Float32Array(rows),
  }));
  const x = noise(2 * sizeOf(graph.inputShape), 99);
  const imported = {
    graph,
    parameters,
    inputLayout: 'nhwc',
    softmax: false,
    quantized: null,
    notes: [],
  } as const;
  const y = [0, 1];
  return prepareImported(imported, { calibration: { x, y } });
}

/** Uniform in -1..1. */
export function noise(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => {
    let hash = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 31 - 1;
  });
}

export const networks = {
  'twenty convolutions': twentyConvolutions,
  'ten convolutions': tenConvolutions,
  'resnet-8': resnet8,
} as const;

export type NetworkName = keyof typeof networks;
