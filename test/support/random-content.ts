// Small valid packages of every operator, rule and feedback, fixed by a seed. For tests of formats
// and storage; the weights mean nothing.
import { inferShapes, isLayer, sizeOf, weightShapeOf } from '#runtime';
import type {
  Clamp,
  Feedback,
  Graph,
  LayerParameters,
  LookupParameters,
  Module,
  Node,
  PackageContent,
  Plan,
  Rule,
  Shape,
  Window,
} from '#runtime';

/** Integers from 0 to `below` - 1. */
type Draw = (below: number) => number;

function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function randomContent(seed: number): PackageContent {
  const draw = drawFrom(seed);
  const builder = new GraphBuilder([1 + draw(8), 1 + draw(8), 1 + draw(4)], draw);
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
    stateFeedback: [],
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

class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly modules: Module[] = [];
  readonly #inputShape: Shape;
  readonly #draw: Draw;

  constructor(inputShape: Shape, draw: Draw) {
    this.#inputShape = inputShape;
    this.#draw = draw;
  }

  get graph(): Graph {
    return { inputShape: this.#inputShape, nodes: this.#nodes };
  }

  addModule(): void {
    const from = this.#nodes.length;
    const [height, width, channels] = inferShapes(this.graph).at(-1)!;
    const kinds = [
      () => this.#conv(from, 1 + this.#draw(6), 1 + 2 * this.#draw(2)),
      () => this.#residual(from, channels),
      () => this.#branches(from),
      () => this.#gate(from, [height, width, channels]),
      () => this.#lookup(from),
      () => this.#pool(from, 'maxPool', square(1, 1 + this.#draw(2))),
      () => this.#pool(from, 'averagePool', square(3, 1)),
    ];
    kinds[this.#draw(kinds.length)]!();
    this.#closeModule(from);
  }

  addClassifier(outputChannels: number): void {
    const from = this.#nodes.length;
    this.#add({ operator: 'dense', attributes: { outputChannels, clamp: null }, inputs: [from] });
    this.#closeModule(from);
  }

  #closeModule(from: number): void {
    this.modules.push({ name: this.#nodes[from]!.name, from, to: this.#nodes.length });
  }

  #add(
    node: {
      [Key in Node['operator']]: Omit<Extract<Node, { operator: Key }>, 'name'>;
    }[Node['operator']],
  ): number {
    this.#nodes.push({ name: `node ${this.#nodes.length}`, ...node });
    return this.#nodes.length;
  }

  #conv(input: number, outputChannels: number, kernel: number): number {
    const attributes = {
      window: square(kernel, 1),
      outputChannels,
      groups: 1,
      clamp: this.#clamp(),
    };
    return this.#add({ operator: 'conv', attributes, inputs: [input] });
  }

  #residual(input: number, channels: number): number {
    const inner = this.#conv(this.#conv(input, 2, 3), channels, 1);
    return this.#add({
      operator: 'add',
      attributes: { clamp: this.#clamp() },
      inputs: [input, inner],
    });
  }

  #branches(input: number): number {
    const inputs = [this.#conv(input, 2, 1), this.#conv(input, 1, 3), input];
    return this.#add({ operator: 'concat', attributes: {}, inputs });
  }

  #gate(input: number, [height, width, channels]: Shape): number {
    const window: Window = { ...square(1, 1), kernel: [height, width] };
    const pooled = this.#pool(input, 'averagePool', window);
    const gate = this.#lookup(this.#conv(pooled, channels, 1));
    return this.#add({ operator: 'mul', attributes: {}, inputs: [input, gate] });
  }

  #lookup(input: number): number {
    const attributes = { activation: 'hardSwish', parameters: [this.#draw(9) / 8] } as const;
    return this.#add({ operator: 'lookup', attributes, inputs: [input] });
  }

  #pool(input: number, operator: 'maxPool' | 'averagePool', window: Window): number {
    return operator === 'maxPool'
      ? this.#add({ operator, attributes: { window }, inputs: [input] })
      : this.#add({ operator, attributes: { window, countPadding: false }, inputs: [input] });
  }

  #clamp(): Clamp | null {
    const clamps = [null, { minimum: 0, maximum: Infinity }, { minimum: 0, maximum: 6 }];
    return clamps[this.#draw(3)]!;
  }
}

// Same size where the stride is 1.
function square(kernel: number, stride: number): Window {
  const pad = (kernel - 1) / 2;
  return {
    kernel: [kernel, kernel],
    stride: [stride, stride],
    dilation: [1, 1],
    pads: [pad, pad, pad, pad],
  };
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
    if (!isLayer(node)) return;
    const count = weightShapeOf(node, shapes[node.inputs[0]!]!).reduce((a, b) => a * b, 1);
    const rows = node.attributes.outputChannels;
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

function randomPlan({ graph, modules }: Pick<Learnable, 'graph' | 'modules'>, draw: Draw): Plan {
  const tail = draw(modules.length);
  const replay = draw(tail + 1);
  const early: readonly Rule[] = ['frozen', 'feedback-local', 'feedback-direct'];
  const rules = modules.map(({ from, to }, index): Rule => {
    if (index >= tail) return 'exact';
    if (index >= replay) return 'exact-replay';
    // A module without layers has nothing that feedback could train.
    return graph.nodes.slice(from, to).some(isLayer) ? early[draw(3)]! : 'frozen';
  });
  return {
    rules,
    batchSize: 1 + draw(16),
    epochs: 1 + draw(9),
    learningRate: (1 + draw(99)) / 100,
    feedbackRatio: draw(11) / 10,
    clip: (1 + draw(99)) / 1000,
    recurrence: null,
  };
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
    const source = sources[draw(isDirect ? 3 : 2)]!;
    if (rule === 'feedback-local') return [randomMatrix(parts, [to, source, to], draw)];
    if (rule !== 'feedback-direct') return [];
    return layers.map((node) => randomMatrix(parts, [node + 1, source, to], draw));
  });
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
  const density = 1 + draw(10);
  return {
    target,
    source,
    kernel,
    grid,
    groups: 1,
    dilation: isDense ? 1 : 1 + draw(3),
    matrix: Int8Array.from({ length: rows * kernel * kernel * from[2] }, () =>
      draw(10) < density ? draw(255) - 127 : 0,
    ),
    scales: Float32Array.from({ length: rows }, () => draw(1000) / 333),
  };
}
