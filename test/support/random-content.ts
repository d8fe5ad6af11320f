// Small valid packages of every operator, rule and feedback, fixed by a seed. For tests of formats
// and storage; the weights mean nothing.
import {
  hiddenQuantization,
  inferShapes,
  isLayer,
  isRecurrent,
  isTrainable,
  rowsOf,
  sizeOf,
  weightShapeOf,
} from '#runtime';
import type {
  Feedback,
  Graph,
  Layer,
  LayerParameters,
  LookupParameters,
  Module,
  Node,
  PackageContent,
  Plan,
  RecurrentNode,
  Rule,
  Shape,
  StateFeedback,
} from '#runtime';

import { drawFrom, GraphBuilder } from './random-graph.ts';
import type { Draw } from './random-graph.ts';

export function randomContent(seed: number): PackageContent {
  const draw = drawFrom(seed);
  // A third are sequences: one wide.
  const width = draw(3) ? 1 + draw(8) : 1;
  const builder = new GraphBuilder([1 + draw(8), width, 1 + draw(4)], draw);
  const count = 1 + draw(4);
  for (let module = 0; module < count; module++) builder.addModule();
  builder.addClassifier(2 + draw(6));
  const { graph, modules } = builder;
  const shapes = inferShapes(graph);
  const plan = randomPlan(builder, draw);
  const classes = shapes.at(-1)![2];
  const channels = graph.inputShape[2];
  return {
    model: { graph, ...randomParameters(graph, shapes, draw) },
    modules,
    plan,
    stateFeedback: draw(2) ? randomStateFeedback(graph, draw) : [],
    feedback: randomFeedback({ graph, modules, plan, shapes }, draw),
    input: {
      layout: draw(2) ? 'nhwc' : 'nchw',
      mean: Array.from({ length: channels }, () => draw(100) / 7),
      deviation: Array.from({ length: channels }, () => (1 + draw(100)) / 7),
      sound: draw(2)
        ? null
        : {
            sampleRate: 8000 + draw(1000) / 7,
            frameLength: 2 ** (2 + draw(10)),
            hop: 1 + draw(500),
            lowest: draw(500) / 7,
            highest: 1000 + draw(2000) / 7,
            decibels: 1 + draw(100) / 7,
          },
    },
    labels: Array.from({ length: 1 + draw(classes) }, (_, index) => `größe ${index} 🙂`),
    examples: randomExamples(graph.inputShape, draw),
    programs: Array.from({ length: draw(3) }, (_, index) => ({
      target: 'test',
      name: `learn-${index}`,
      bytes: Uint8Array.from({ length: draw(40) }, () => draw(256)),
    })),
    provenance: {
      source: 'model.onnx',
      sourceSha256: draw(2) ? 'ab'.repeat(32) : '',
      exporter: 'onward 0.1.0',
      calibrationSamples: draw(1000),
      floatAccuracy: draw(2) ? draw(10_001) / 10_000 : null,
      int8Accuracy: draw(2) ? draw(10_001) / 10_000 : null,
      alignment: modules.map(({ name }) => ({ layer: name, cosine: draw(201) / 100 - 1 })),
    },
  };
}

function randomExamples(shape: Shape, draw: Draw): PackageContent['examples'] {
  const labels = Array.from({ length: draw(3) }, () => 0);
  const samples = Uint8Array.from({ length: labels.length * sizeOf(shape) }, () => draw(256));
  return { samples, labels };
}

function randomParameters(
  graph: Graph,
  shapes: readonly Shape[],
  draw: Draw,
): Omit<PackageContent['model'], 'graph'> {
  const quantization = shapes.map(() => ({ scale: (1 + draw(1000)) / 777, zeroPoint: draw(256) }));
  const layers = new Map<number, LayerParameters>();
  const lookups = new Map<number, LookupParameters>();
  graph.nodes.forEach((node, index) => {
    if (node.operator === 'maxPool') quantization[index + 1] = quantization[index]!;
    if (node.operator === 'lookup') {
      const table = Uint8Array.from({ length: 256 }, () => draw(256));
      lookups.set(index, { table, slope: Float32Array.from(table, (value) => value / 9) });
    }
    if (node.operator === 'embedding') {
      const table = Uint8Array.from({ length: 256 * node.attributes.size }, () => draw(256));
      lookups.set(index, { table, slope: new Float32Array(0) });
    }
    if (node.operator === 'recurrent') quantization[index + 1] = hiddenQuantization;
    if (!isTrainable(node)) return;
    const [count, rows] = parameterSizes(node, shapes[node.inputs[0]!]!);
    layers.set(index, {
      weights: Int8Array.from({ length: count }, () => draw(129) - 64),
      bias: Int32Array.from({ length: rows }, () => draw(2 ** 32) - 2 ** 31),
      weightScales: Float32Array.from({ length: rows }, () => (1 + draw(1000)) / 999),
    });
  });
  return {
    quantization: [...quantization.slice(0, -1), null],
    layers,
    lookups,
    weightLimit: draw(2) ? 64 : 127,
  };
}

/** Weights, and rows with a bias and a scale each; of a recurrent layer those of both maps. */
function parameterSizes(node: Layer | RecurrentNode, input: Shape): [count: number, rows: number] {
  if (isLayer(node)) {
    const count = weightShapeOf(node, input).reduce((a, b) => a * b, 1);
    return [count, node.attributes.outputChannels];
  }
  const rows = rowsOf(node.attributes);
  return [rows * (input[2] + node.attributes.hiddenSize), 2 * rows];
}

function randomPlan({ graph, modules }: Pick<Learnable, 'graph' | 'modules'>, draw: Draw): Plan {
  const nodesOf = ({ from, to }: Module): Node[] => graph.nodes.slice(from, to);
  const first = modules.findLastIndex((module) => nodesOf(module).some(isNeverTrained)) + 1;
  const tail = first + draw(modules.length - first);
  const replay = first + draw(tail - first + 1);
  const early: readonly Rule[] = ['frozen', 'feedback-local', 'feedback-direct'];
  const rules = modules.map((module, index): Rule => {
    const nodes = nodesOf(module);
    if (index >= tail) return 'exact';
    if (index >= replay) return 'exact-replay';
    // A module without layers has nothing that feedback could train.
    if (nodes.some(isNeverTrained) || !nodes.some(isTrainable)) return 'frozen';
    return early[draw(nodes.some(isRecurrent) ? 2 : 3)]!;
  });
  return {
    rules,
    batchSize: 1 + draw(16),
    epochs: 1 + draw(9),
    learningRate: (1 + draw(99)) / 100,
    feedbackRatio: draw(11) / 10,
    clip: (1 + draw(99)) / 1000,
    recurrence: graph.nodes.some(isRecurrent)
      ? {
          exactSteps: 1 + draw(9),
          earlier: (['exact', 'gates', 'none'] as const)[draw(3)]!,
        }
      : null,
  };
}

function isNeverTrained(node: Node): boolean {
  return node.operator === 'embedding' || (isRecurrent(node) && node.attributes.reverse);
}

interface Learnable {
  readonly graph: Graph;
  readonly modules: readonly Module[];
  readonly plan: Plan;
  readonly shapes: readonly Shape[];
}

function randomFeedback(parts: Learnable, draw: Draw): Feedback[] {
  const { graph, modules, plan } = parts;
  return modules.flatMap(({ from, to }, index) => {
    const layers = graph.nodes.flatMap((node, i) =>
      i >= from && i < to && isLayer(node) ? [i] : [],
    );
    const rule = plan.rules[index]!;
    // The gradient at a module's own end is known only directly before modules that pass it on.
    const next = plan.rules[index + 1];
    const isDirect = rule === 'feedback-direct' && (next === 'exact' || next === 'exact-replay');
    const sources = ['logits', 'tail', 'module'] as const;
    // Logits of every step are no source.
    const drawn = sources[draw(isDirect ? 3 : 2)]!;
    const source = drawn === 'logits' && parts.shapes.at(-1)![0] > 1 ? 'tail' : drawn;
    if (rule === 'feedback-local') return [randomMatrix(parts, [to, source, to], draw)];
    if (rule !== 'feedback-direct') return [];
    return layers.map((node) => randomMatrix(parts, [node + 1, source, to], draw));
  });
}

function randomStateFeedback({ nodes }: Graph, draw: Draw): StateFeedback[] {
  return nodes.flatMap((own, node): StateFeedback[] => {
    if (!isRecurrent(own) || own.attributes.reverse) return [];
    const { cell, hiddenSize } = own.attributes;
    const segments = 1 + draw(3);
    const rows = segments * hiddenSize;
    const matrix = sparseMatrix(rows * (cell === 'lstm' ? 2 : 1) * hiddenSize, draw);
    return [{ node, segments, matrix, scales: randomScales(rows, draw) }];
  });
}

function sparseMatrix(length: number, draw: Draw): Int8Array {
  const density = 1 + draw(10);
  return Int8Array.from({ length }, () => (draw(10) < density ? draw(255) - 127 : 0));
}

function randomScales(length: number, draw: Draw): Float32Array {
  return Float32Array.from({ length }, () => draw(1000) / 333);
}

function randomMatrix(
  { modules, plan, shapes }: Learnable,
  [target, source, end]: readonly [number, Feedback['source'], number],
  draw: Draw,
): Feedback {
  const tail = modules[plan.rules.indexOf('exact')]!.from;
  const from = shapes[{ logits: shapes.length - 1, tail, module: end }[source]]!;
  const [height, width, channels] = shapes[target]!;
  const isDense = source === 'logits';
  const grid: Feedback['grid'] = isDense ? [1 + draw(height), 1 + draw(width)] : [from[0], from[1]];
  const kernel = isDense ? 1 : 1 + 2 * draw(2);
  const rows = isDense ? sizeOf([...grid, channels]) : channels;
  return {
    target,
    source,
    kernel,
    grid,
    groups: 1,
    dilation: isDense ? 1 : 1 + draw(3),
    matrix: sparseMatrix(rows * kernel * kernel * from[2], draw),
    scales: randomScales(rows, draw),
  };
}
