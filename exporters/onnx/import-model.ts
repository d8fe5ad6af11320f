// ONNX bytes in, our graph and its parameters out. Each ONNX operator is imported by a function of
// its own (operators/), which makes drafts of our nodes; then batch normalisation, constants and
// clamps are merged into the layers beside them, and the nodes that the output needs are numbered.
import type { Graph, Node, ValueId } from '#runtime';
import { FormatError, inferShapes, UnsupportedError } from '#runtime';

import { joinFloats } from '../float/join-floats.ts';
import { dropCarriedState } from './carried-state.ts';
import { decodeModel } from './decode-model.ts';
import type { DecodeOptions, OnnxModel, OnnxNode, OnnxValue } from './decode-model.ts';
import type { Draft, DraftLayer } from './draft.ts';
import { inOrder } from './draft.ts';
import { folds } from './fold.ts';
import { fuse } from './fuse.ts';
import { importQuantization } from './imported-quantization.ts';
import type { ImportedQuantization } from './imported-quantization.ts';
import { inputLayout } from './input-layout.ts';
import { OperatorCall } from './operator-call.ts';
import type { ImportState } from './operator-call.ts';
import { nearestForms } from './operators/nearest.ts';
import { operatorImporters } from './operators/table.ts';
import { quote } from './quote.ts';
import { joined } from './stack.ts';
import type { Signal, Value } from './value.ts';
import { constant, signal } from './value.ts';

export interface ImportedModel {
  readonly graph: Graph;
  /** By node index; shapes as FloatParameters. For int8 models, what the integers stand for. */
  readonly parameters: ReadonlyMap<number, { weights: Float32Array; bias: Float32Array }>;
  /** Order of the file's input; ours is always [batch, height, width, channels]. */
  readonly inputLayout: 'nchw' | 'nhwc';
  /** The file ends in a softmax, which the graph leaves out. */
  readonly softmax: boolean;
  /** The publisher's scales and integers, where the file has scales for activations. */
  readonly quantized: ImportedQuantization | null;
  /** What was changed in a way that numbers may show; for people. */
  readonly notes: readonly string[];
}

const [oldestOpset, newestOpset] = [7, 21];

/** Throws UnsupportedError naming the first node that Onward cannot run, FormatError for damaged bytes. */
export function importModel(bytes: Uint8Array, options: DecodeOptions = {}): ImportedModel {
  const { model, notes } = dropCarriedState(decodeModel(bytes, options));
  const opset = checkedOpset(model);
  const input = only('input', model.inputs);
  const outputName = only('output', model.outputs).name;
  const { shape, view, layout, batch, tokens } = inputLayout(model, input);

  const source: Draft = {
    name: input.name,
    operation: null,
    inputs: [],
    shape,
    quantization: null,
    layer: null,
    hiddenLayer: null,
  };
  const state: ImportState = {
    opset,
    batch,
    drafts: [source],
    notes,
    outputs: new Map(),
    allowance: 16 * bytes.length + 2 ** 20,
    importNode: (node, inputs) => importNode(node, inputs, state),
  };
  const values = new Map<string, Value>([[input.name, { ...signal(source, view), tokens }]]);
  for (const [name, tensor] of model.initializers) values.set(name, constant(tensor));
  importNodes(model, values, state);

  return finish(state, finalSignal(model, values.get(outputName), state), layout);
}

function finalSignal(model: OnnxModel, output: Value | undefined, state: ImportState): Signal {
  const [{ name } = { name: '' }] = model.outputs;
  const isComputed = output?.kind === 'signal' && output.draft !== state.drafts[0];
  if (!isComputed || output.pads !== null) {
    throw new UnsupportedError(
      `output ${quote(name)}: expected a value computed from the input, got another; export the logits`,
    );
  }
  const maker = model.nodes.find(({ outputs }) => outputs.includes(name))!;
  return joined(new OperatorCall(maker, [], state), output);
}

function checkedOpset({ operatorSets }: OnnxModel): number {
  const opset = operatorSets.get('');
  if (opset !== undefined && opset >= oldestOpset && opset <= newestOpset) return opset;
  throw new UnsupportedError(
    `ONNX model: expected operator set ${oldestOpset} to ${newestOpset}, got ${opset ?? 'none'}; ` +
      `convert it (onnx.version_converter) or export it with opset 18`,
  );
}

function only(what: 'input' | 'output', values: readonly OnnxValue[]): OnnxValue {
  if (values.length === 1) return values[0]!;
  const names = values.slice(0, 6).map(({ name }) => quote(name));
  throw new UnsupportedError(
    `ONNX model: expected one ${what}, got ${values.length} (${names.join(', ')}); export a model with one`,
  );
}

/** Nodes stand in an order that runs: a name is made before it is used. */
function importNodes(model: OnnxModel, values: Map<string, Value>, state: ImportState): void {
  const others = new Set<string>();
  for (const node of model.nodes) {
    const where = `node ${quote(node.name)} (${node.operator})`;
    const inputs = node.inputs.map((name) => {
      const value = name === '' ? null : values.get(name);
      if (value !== undefined) return value;
      if (!others.has(name)) {
        throw new FormatError(
          `${where}: expected inputs made by earlier nodes, got ${quote(name)}`,
        );
      }
      throw new UnsupportedError(
        `${where}: expected the first output of a node as input, or Y_h of a recurrent one, got ${quote(name)}, another output`,
      );
    });
    const [name, ...rest] = node.outputs;
    if (name === undefined || values.has(name)) {
      throw new FormatError(
        `${where}: expected an output with a new name, got ${quote(name ?? '')}`,
      );
    }
    const value = importNode(node, inputs, state);
    if (name !== '') values.set(name, value);
    for (const other of rest) {
      const made = state.outputs.get(other);
      if (made === undefined) others.add(other);
      else values.set(other, made);
    }
  }
}

function importNode(node: OnnxNode, inputs: readonly (Value | null)[], state: ImportState): Value {
  const call = new OperatorCall(node, inputs, state);
  const isOwnDomain = node.domain === '' || node.domain === 'com.microsoft';
  const isConstant = inputs.every((input) => input?.kind !== 'signal');
  const fold = isConstant && Object.hasOwn(folds, node.operator) ? folds[node.operator] : undefined;
  const importer = fold ?? operatorImporters.get(node.operator);
  if (importer !== undefined && isOwnDomain) return importer(call);
  const known = [...operatorImporters.keys()].filter((name) => !name.startsWith('Q')).join(', ');
  return call.refuse(
    `one of ${known}`,
    node.domain === '' ? node.operator : `${node.domain}.${node.operator}`,
    nearestForms.get(node.operator),
  );
}

function finish(state: ImportState, output: Signal, layout: 'nchw' | 'nhwc'): ImportedModel {
  const needed = inOrder(state.drafts, output.draft);
  if (needed[0] !== state.drafts[0]) {
    throw new UnsupportedError(
      'ONNX model: expected an output that depends on the input, got a constant',
    );
  }
  refuseShared(needed);
  const drafts = fuse(needed);
  const quantized = importQuantization(drafts, state.notes);
  const graph = { inputShape: drafts[0]!.shape, nodes: numberedNodes(drafts) };
  inferShapes(graph);
  return {
    graph,
    parameters: parametersOf(drafts),
    inputLayout: layout,
    softmax: output.softmax,
    quantized,
    notes: state.notes,
  };
}

/** The last step of a layer has nodes of its own, which would learn apart from those of the sequence. */
function refuseShared(drafts: readonly Draft[]): void {
  const seen = new Set<unknown>();
  for (const { name, layer } of drafts) {
    if (layer !== null && seen.has(layer)) {
      throw new UnsupportedError(
        `node ${quote(name)}: expected either all steps or the last one to be read, got both; export a model that reads one of them`,
      );
    }
    seen.add(layer);
  }
}

/** Nodes of files may share a name; ours have their own, for messages and module names. */
function numberedNodes(drafts: readonly Draft[]): Node[] {
  const ids = new Map<Draft, ValueId>(drafts.map((draft, id) => [draft, id]));
  const names = new Set<string>();
  return drafts.slice(1).map((draft, index) => {
    const name = names.has(draft.name) ? `${draft.name}#${index}` : draft.name;
    names.add(name);
    return numbered(draft, name, ids);
  });
}

function numbered(
  { operation, inputs }: Draft,
  name: string,
  ids: ReadonlyMap<Draft, ValueId>,
): Node {
  return { name, ...operation!, inputs: inputs.map((input) => ids.get(input)!) };
}

function parametersOf(drafts: readonly Draft[]): ImportedModel['parameters'] {
  const parameters = new Map<number, { weights: Float32Array; bias: Float32Array }>();
  for (const [id, { name, layer, hiddenLayer }] of drafts.entries()) {
    if (layer === null) continue;
    const { weights, bias } = hiddenLayer === null ? layer : bothMaps(layer, hiddenLayer);
    if (!weights.every(Number.isFinite) || !bias.every(Number.isFinite)) {
      throw new FormatError(
        `node ${quote(name)}: expected finite weights and biases, got some that are not; was training stable?`,
      );
    }
    parameters.set(id - 1, { weights, bias });
  }
  return parameters;
}

/** One after the other, as linearMaps takes them apart. */
function bothMaps(
  input: DraftLayer,
  hidden: DraftLayer,
): { weights: Float32Array; bias: Float32Array } {
  return {
    weights: joinFloats(input.weights, hidden.weights),
    bias: joinFloats(input.bias, hidden.bias),
  };
}
