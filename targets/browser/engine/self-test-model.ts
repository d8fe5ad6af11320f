// A residual block with a projection, a depthwise layer, a pool and logits, of numbers from a counter.
import { inferShapes, sizeOf, weightShapeOf, isLayer } from '#runtime';
import type {
  Graph,
  LayerParameters,
  LookupParameters,
  Module,
  Plan,
  Quantization,
  Window,
} from '#runtime';

interface SelfTestModel {
  readonly model: {
    readonly graph: Graph;
    readonly quantization: readonly (Quantization | null)[];
    readonly layers: ReadonlyMap<number, LayerParameters>;
    readonly lookups: ReadonlyMap<number, LookupParameters>;
    readonly weightLimit: 64;
  };
  readonly modules: readonly Module[];
  readonly plan: Plan;
  readonly feedback: readonly [];
  readonly samples: Uint8Array;
  readonly targets: Float32Array;
  readonly batch: number;
}

const relu = { minimum: 0, maximum: Infinity } as const;
const classes = 5;
const batch = 6;

function square(kernel: number, stride: number): Window {
  const pad = (kernel - 1) / 2;
  return {
    kernel: [kernel, kernel],
    stride: [stride, stride],
    dilation: [1, 1],
    pads: [pad, pad, pad, pad],
  };
}

const graph: Graph = {
  inputShape: [12, 12, 3],
  nodes: [
    conv('first', 0, { window: square(3, 1), outputChannels: 8, groups: 1, clamp: relu }),
    conv('depthwise', 1, { window: square(3, 2), outputChannels: 8, groups: 8, clamp: relu }),
    conv('pointwise', 2, { window: square(1, 1), outputChannels: 10, groups: 1, clamp: null }),
    conv('projection', 1, { window: square(1, 2), outputChannels: 10, groups: 1, clamp: null }),
    { name: 'sum', operator: 'add', attributes: { clamp: relu }, inputs: [3, 4] },
    {
      name: 'mean',
      operator: 'averagePool',
      attributes: { window: { ...square(1, 1), kernel: [6, 6] }, countPadding: false },
      inputs: [5],
    },
    {
      name: 'logits',
      operator: 'dense',
      attributes: { outputChannels: classes, clamp: null },
      inputs: [6],
    },
  ],
};

function conv(
  name: string,
  input: number,
  attributes: Extract<Graph['nodes'][number], { operator: 'conv' }>['attributes'],
): Graph['nodes'][number] {
  return { name, operator: 'conv', attributes, inputs: [input] };
}

/** Numbers in [0, 1), the same on every call of the stream. */
function counter(): () => number {
  let i = 0;
  return () => (Math.imul(++i, 0x9e37_79b1) >>> 0) / 2 ** 32;
}

export function selfTestModel(): SelfTestModel {
  const next = counter();
  const shapes = inferShapes(graph);
  const layers = new Map<number, LayerParameters>();
  for (const [index, node] of graph.nodes.entries()) {
    const input = shapes[node.inputs[0] ?? 0];
    if (!isLayer(node) || input === undefined) continue;
    const [rows = 0, ...rest] = weightShapeOf(node, input);
    const perRow = rest.reduce((product, extent) => product * extent, 1);
    const typical = Math.sqrt(3 / perRow) / 64;
    layers.set(index, {
      weights: Int8Array.from({ length: rows * perRow }, () => Math.round(128 * next() - 64)),
      bias: Int32Array.from({ length: rows }, () => Math.round(2000 * next() - 1000)),
      weightScales: Float32Array.from({ length: rows }, () => typical * (0.5 + next())),
    });
  }
  const targets = new Float32Array(batch * classes);
  for (let n = 0; n < batch; n++) targets[n * classes + (n % classes)] = 1;
  return {
    model: { graph, quantization, layers, lookups: new Map(), weightLimit: 64 },
    modules: [
      { name: 'first', from: 0, to: 1 },
      { name: 'block', from: 1, to: graph.nodes.length },
    ],
    plan: {
      rules: ['exact-replay', 'exact'],
      batchSize: batch,
      epochs: 1,
      learningRate: 0.3,
      feedbackRatio: 1,
      clip: 0.05,
      recurrence: null,
    },
    feedback: [],
    samples: Uint8Array.from({ length: batch * sizeOf(graph.inputShape) }, () => 256 * next()),
    targets,
    batch,
  };
}

/** By value; scales such that activations fill their 8 bits and some saturate. */
const quantization: readonly (Quantization | null)[] = [
  { scale: 0.0133, zeroPoint: 117 },
  { scale: 0.0101, zeroPoint: 2 },
  { scale: 0.0087, zeroPoint: 0 },
  { scale: 0.0163, zeroPoint: 131 },
  { scale: 0.0151, zeroPoint: 122 },
  { scale: 0.0113, zeroPoint: 3 },
  { scale: 0.0061, zeroPoint: 1 },
  null,
];
