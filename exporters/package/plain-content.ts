// Content -> plain data, in the order in which runtime/package/schema.ts reads it: an object is the
// array of its fields, a map by index is [index, value] pairs, a long array is the number of its blob.
import type {
  Clamp,
  Feedback,
  InputDescription,
  LayerParameters,
  LookupParameters,
  Model,
  Node,
  OperatorAttributes,
  OperatorName,
  PackageContent,
  Plan,
  Provenance,
  SoundDescription,
  StateFeedback,
  Window,
} from '#runtime';

import type { Plain } from './pack.ts';
import { encodeSparse } from './sparse.ts';

/** Long arrays go to the end of `blobs`. */
export function plainContent(content: PackageContent, blobs: Uint8Array[]): Plain {
  const addBlob: AddBlob = (bytes) => blobs.push(bytes) - 1;
  const { model, modules, plan, feedback, stateFeedback, input, labels } = content;
  const { examples, programs, provenance } = content;
  return [
    plainModel(model, addBlob),
    modules.map(({ name, from, to }) => [name, from, to]),
    plainPlan(plan),
    feedback.map((each) => plainFeedback(each, addBlob)),
    stateFeedback.map((each) => plainStateFeedback(each, addBlob)),
    plainInput(input),
    labels,
    [addBlob(examples.samples), examples.labels],
    programs.map(({ target, name, bytes }) => [target, name, addBlob(bytes)]),
    plainProvenance(provenance),
  ];
}

/** Takes the next blob and returns its number. */
type AddBlob = (bytes: Uint8Array) => number;

function plainModel(
  { graph, quantization, layers, lookups, weightLimit }: Model,
  addBlob: AddBlob,
): Plain {
  return [
    [graph.inputShape, graph.nodes.map(plainNode)],
    quantization.map((each) => each && [each.scale, each.zeroPoint]),
    plainMap(layers, (layer) => plainLayer(layer, addBlob)),
    plainMap(lookups, plainLookup),
    weightLimit,
  ];
}

function plainNode(node: Node): Plain {
  return [node.name, node.operator, plainAttributes(node), node.inputs];
}

function plainAttributes<Name extends OperatorName>(node: {
  readonly operator: Name;
  readonly attributes: OperatorAttributes[Name];
}): Plain {
  return attributesOf[node.operator](node.attributes);
}

const attributesOf: {
  readonly [Name in OperatorName]: (attributes: OperatorAttributes[Name]) => Plain;
} = {
  conv: ({ window, outputChannels, groups, clamp }) => [
    plainWindow(window),
    outputChannels,
    groups,
    plainClamp(clamp),
  ],
  dense: ({ outputChannels, clamp }) => [outputChannels, plainClamp(clamp)],
  add: ({ clamp }) => [plainClamp(clamp)],
  mul: () => [],
  concat: () => [],
  maxPool: ({ window }) => [plainWindow(window)],
  averagePool: ({ window, countPadding }) => [plainWindow(window), countPadding],
  lookup: ({ activation, parameters }) => [activation, parameters],
  embedding: ({ size }) => [size],
  recurrent: ({ cell, hiddenSize, reverse, output, initialState }) => [
    cell,
    hiddenSize,
    reverse,
    output,
    initialState,
  ],
};

function plainWindow({ kernel, stride, dilation, pads }: Window): Plain {
  return [kernel, stride, dilation, pads];
}

function plainClamp(clamp: Clamp | null): Plain {
  return clamp && [clamp.minimum, clamp.maximum];
}

function plainLayer({ weights, bias, weightScales }: LayerParameters, addBlob: AddBlob): Plain {
  return [addBlob(new Uint8Array(weights)), int32Bytes(bias), float32Bytes(weightScales)];
}

function plainLookup({ table, slope }: LookupParameters): Plain {
  return [table, float32Bytes(slope)];
}

function plainPlan(plan: Plan): Plain {
  const { rules, batchSize, epochs, learningRate, feedbackRatio, clip, recurrence } = plan;
  const plainRecurrence = recurrence && [recurrence.exactSteps, recurrence.earlier];
  return [rules, batchSize, epochs, learningRate, feedbackRatio, clip, plainRecurrence];
}

function plainFeedback(feedback: Feedback, addBlob: AddBlob): Plain {
  const { target, source, kernel, dilation, groups, grid, matrix, scales } = feedback;
  const stored = plainSparse(matrix, addBlob);
  return [target, source, kernel, dilation, groups, grid, stored, float32Bytes(scales)];
}

function plainStateFeedback(feedback: StateFeedback, addBlob: AddBlob): Plain {
  const { node, segments, matrix, scales } = feedback;
  return [node, segments, plainSparse(matrix, addBlob), float32Bytes(scales)];
}

function plainSparse(matrix: Int8Array, addBlob: AddBlob): Plain {
  const [form, bytes] = encodeSparse(matrix);
  return [matrix.length, form, addBlob(bytes)];
}

function plainInput({ layout, mean, deviation, sound }: InputDescription): Plain {
  return [layout, mean, deviation, sound && plainSound(sound)];
}

function plainSound(sound: SoundDescription): Plain {
  const { sampleRate, frameLength, hop, lowest, highest, decibels } = sound;
  return [sampleRate, frameLength, hop, lowest, highest, decibels];
}

function plainProvenance(provenance: Provenance): Plain {
  const { source, sourceSha256, exporter, calibrationSamples } = provenance;
  const { floatAccuracy, int8Accuracy, alignment } = provenance;
  return [
    source,
    sourceSha256,
    exporter,
    calibrationSamples,
    floatAccuracy,
    int8Accuracy,
    alignment.map(({ layer, cosine }) => [layer, cosine]),
  ];
}

/** Ascending, so that equal maps give equal bytes. */
function plainMap<Value>(map: ReadonlyMap<number, Value>, plain: (value: Value) => Plain): Plain {
  return Array.from(map)
    .toSorted(([a], [b]) => a - b)
    .map(([index, value]) => [index, plain(value)]);
}

function int32Bytes(values: Int32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => view.setInt32(index * 4, value, true));
  return new Uint8Array(view.buffer);
}

function float32Bytes(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => view.setFloat32(index * 4, value, true));
  return new Uint8Array(view.buffer);
}
