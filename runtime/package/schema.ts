// The fields of a package in the order they are stored, each with its bounds. What only holds
// between fields (shapes, cuts, sizes of arrays) is in the check-*.ts beside this file.
import type { Graph, Node } from '../graph/graph.ts';
import type { LayerParameters, LookupParameters, Model, Quantization } from '../graph/model.ts';
import type { Module } from '../graph/module.ts';
import type { Clamp, OperatorAttributes, OperatorName, Window } from '../graph/operator.ts';
import type { Shape } from '../graph/shape.ts';
import type { Feedback, FeedbackSource, Plan, Rule, StateFeedback } from '../learning/plan.ts';
import type { Recurrence } from '../learning/recurrence.ts';
import type { BlobReader } from './blob-reader.ts';
import {
  boolean,
  bytes,
  choice,
  float32Array,
  int32Array,
  integer,
  list,
  nullable,
  numbered,
  real,
  record,
  reject,
  repeated,
  text,
} from './check.ts';
import type { Check } from './check.ts';
import type {
  Alignment,
  InputDescription,
  PackageContent,
  PackageExamples,
  Program,
  Provenance,
  SoundDescription,
} from './content.ts';
import { decodeSparse } from './sparse.ts';
import type { SparseForm } from './sparse.ts';

const maximumNodes = 4096;
const maximumExtent = 65_536; // of an axis, and of channels
const maximumRows = 2 ** 22; // of a feedback matrix: grid positions times channels

/** Keeps every product of scales that docs/numerics.md takes finite and normal in float32. */
const scale = real(1e-12, 1e12);
const name = text(1, 256);
const extent = integer(1, maximumExtent);

const window: Check<Window> = record<Window>({
  kernel: repeated(extent, 2),
  stride: repeated(extent, 2),
  dilation: repeated(extent, 2),
  pads: repeated(integer(0, maximumExtent), 4),
});
const clamp: Check<Clamp | null> = nullable(
  record<Clamp>({ minimum: real(-Infinity, 1e12), maximum: real(-1e12, Infinity) }),
);

const attributes: { readonly [Name in OperatorName]: Check<OperatorAttributes[Name]> } = {
  conv: record<OperatorAttributes['conv']>({
    window,
    outputChannels: extent,
    groups: extent,
    clamp,
  }),
  dense: record<OperatorAttributes['dense']>({ outputChannels: extent, clamp }),
  add: record<OperatorAttributes['add']>({ clamp }),
  mul: record<OperatorAttributes['mul']>({}),
  concat: record<OperatorAttributes['concat']>({}),
  maxPool: record<OperatorAttributes['maxPool']>({ window }),
  averagePool: record<OperatorAttributes['averagePool']>({ window, countPadding: boolean }),
  lookup: record<OperatorAttributes['lookup']>({
    activation: choice(['leakyRelu', 'hardSwish', 'hardSigmoid', 'sigmoid', 'tanh', 'clamp']),
    parameters: list(real(-Infinity, Infinity), 0, 8),
  }),
  embedding: record<OperatorAttributes['embedding']>({ size: extent }),
  recurrent: record<OperatorAttributes['recurrent']>({
    cell: choice(['lstm', 'gru', 'rnn']),
    hiddenSize: extent,
    reverse: boolean,
    output: choice(['sequence', 'last']),
    initialState: list(real(-1e12, 1e12), 0, 2 * maximumExtent),
  }),
};

interface AnyNode {
  readonly name: string;
  readonly operator: OperatorName;
  readonly attributes: OperatorAttributes[OperatorName];
  readonly inputs: readonly number[];
}

function nodeOf(operator: OperatorName): Check<AnyNode> {
  return record<AnyNode>({
    name,
    operator: choice([operator]),
    attributes: attributes[operator],
    inputs: list(integer(0, maximumNodes), 1, 256),
  });
}

const operator = choice(Object.keys(attributes) as OperatorName[]);
const node: Check<Node> = (plain, where) => {
  const stored: unknown = Array.isArray(plain) ? plain[1] : reject(where, 'a node', plain);
  return nodeOf(operator(stored, `${where}.operator`))(plain, where) as Node;
};

const graph: Check<Graph> = record<Graph>({
  inputShape: repeated<Shape>(extent, 3),
  nodes: list(node, 1, maximumNodes),
});

const quantization: Check<Quantization> = record<Quantization>({
  scale,
  zeroPoint: integer(0, 255),
});

const lookup: Check<LookupParameters> = record<LookupParameters>({
  table: bytes(256, 256 * maximumExtent),
  slope: float32Array(256),
});

const module: Check<Module> = record<Module>({
  name,
  from: integer(0, maximumNodes),
  to: integer(1, maximumNodes),
});

const rule: Check<Rule> = choice([
  'exact',
  'exact-replay',
  'feedback-local',
  'feedback-direct',
  'frozen',
]);
const source: Check<FeedbackSource> = choice(['logits', 'tail', 'module']);

const plan: Check<Plan> = record<Plan>({
  rules: list(rule, 1, maximumNodes),
  batchSize: integer(1, 4096),
  epochs: integer(1, 100_000),
  learningRate: real(1e-12, 1e6),
  feedbackRatio: real(0, 1e6),
  clip: real(1e-12, 1e6),
  recurrence: nullable(
    record<Recurrence>({
      exactSteps: integer(1, maximumExtent),
      earlier: choice(['exact', 'gates', 'none']),
    }),
  ),
});

const input: Check<InputDescription> = record<InputDescription>({
  layout: choice(['nhwc', 'nchw']),
  mean: list(real(-1e12, 1e12), 1, maximumExtent),
  deviation: list(scale, 1, maximumExtent),
  sound: nullable(
    record<SoundDescription>({
      sampleRate: real(100, 1e6),
      frameLength: integer(4, maximumExtent),
      hop: integer(1, maximumExtent),
      lowest: real(0, 1e6),
      highest: real(0, 1e6),
      decibels: real(1, 200),
    }),
  ),
});

const accuracy = nullable(real(0, 1));
const provenance: Check<Provenance> = record<Provenance>({
  source: text(0, 1024),
  sourceSha256: text(0, 64),
  exporter: text(0, 256),
  calibrationSamples: integer(0, 2 ** 31),
  floatAccuracy: accuracy,
  int8Accuracy: accuracy,
  // Rounding may take a cosine just past 1.
  alignment: list(record<Alignment>({ layer: name, cosine: real(-1.001, 1.001) }), 0, maximumNodes),
});

/** The whole content; long arrays come from `blobs`. */
export function contentOf(blobs: BlobReader): Check<PackageContent> {
  const layer = record<LayerParameters>({
    weights: int8Array(blobs),
    bias: int32Array(maximumExtent),
    weightScales: float32Array(maximumExtent),
  });
  const feedback = record<Feedback>({
    target: integer(1, maximumNodes),
    source,
    kernel: integer(1, 255),
    dilation: integer(1, 255),
    groups: extent,
    grid: repeated<Feedback['grid']>(extent, 2),
    matrix: sparseArray(blobs),
    scales: float32Array(maximumRows),
  });
  const stateFeedback = record<StateFeedback>({
    node: integer(0, maximumNodes),
    segments: integer(1, 255),
    matrix: sparseArray(blobs),
    scales: float32Array(maximumRows),
  });
  return record<PackageContent>({
    model: record<Model>({
      graph,
      quantization: list(nullable(quantization), 2, maximumNodes + 1),
      layers: numbered(layer, maximumNodes),
      lookups: numbered(lookup, maximumNodes),
      weightLimit: choice([64, 127]),
    }),
    modules: list(module, 1, maximumNodes),
    plan,
    feedback: list(feedback, 0, maximumNodes),
    stateFeedback: list(stateFeedback, 0, maximumNodes),
    input,
    labels: list(text(1, 256), 1, maximumExtent),
    examples: record<PackageExamples>({
      samples: blobs.bytes,
      labels: list(integer(0, maximumExtent), 0, maximumExtent),
    }),
    programs: list(record<Program>({ target: name, name, bytes: blobs.bytes }), 0, 1024),
    provenance,
  });
}

function int8Array(blobs: BlobReader): Check<Int8Array> {
  return (plain, where) => new Int8Array(blobs.bytes(plain, where).buffer);
}

interface SparseArray {
  readonly length: number;
  readonly form: SparseForm;
  readonly bytes: Uint8Array;
}

function sparseArray(blobs: BlobReader): Check<Int8Array> {
  const stored = record<SparseArray>({
    length: integer(0, 2 ** 31),
    form: choice([0, 1, 2]),
    bytes: blobs.bytes,
  });
  return (plain, where) => {
    const { length, form, bytes: encoded } = stored(plain, where);
    blobs.reserve(length, where);
    return decodeSparse([form, encoded], length, where);
  };
}
