// Full backpropagation in float32 as one program, the rival that Onward's learning is compared with:
// the forward keeps its activations, and weights are updated in place by plain gradient descent.
// It is written for speed and memory as the learning programs are. No package holds it.
import { isTrainable, wantedValues } from '#runtime';
import type { Shape, ValueId } from '#runtime';

import { checkFloatModel } from '../../float/model.ts';
import type { FloatModel } from '../../float/model.ts';
import { batchDimension, ProgramGraph } from '../program-graph.ts';
import { gateFloat } from './float-clamp.ts';
import type { AnyFloatSite } from './float-operator.ts';
import { floatRecurrentBackward } from './float-recurrent.ts';
import { addFloatUpdates } from './float-update.ts';
import type { FloatLayerUpdate } from './float-update.ts';
import { addFloatBackward, addFloatForward, addFloatWeightGradient } from './operators/table.ts';

export interface FloatProgramOptions {
  /** Node indices of the layers to train, whose weights are inputs; all layers by default. */
  readonly trained?: ReadonlySet<number>;
}

/**
 * One step: `x` float32 [n, height, width, channels] and `targets` [n, classes] to `logits`
 * [n, classes] from before the update, with `rates` float32 (rate of the summed gradient, clip,
 * ratio), `weights:<node>` [outputs, weights per output], `bias:<node>` and their successors
 * `newWeights:<node>`, `newBias:<node>`, which may be the same arrays. `gradientNorms` are not finite
 * where nothing was learned. Throws InputError where parameters do not fit the graph.
 */
export function floatBackprop(
  model: FloatModel,
  { trained = layersOf(model) }: FloatProgramOptions = {},
): Uint8Array<ArrayBuffer> {
  const graph = new ProgramGraph('float-backprop');
  const sites = sitesOf(model, trained);
  const { values, logits } = addModel(graph, sites);
  const gradient = addFloatError(graph, logits, sites.at(-1)!.outputShape);
  const { updates } = addFloatBackwardRange(graph, sites, { values, gradient });
  addFloatUpdates(graph, updates);
  return graph.build();
}

/** `x` to `logits` with the same inputs as `floatBackprop`. */
export function floatPredict(
  model: FloatModel,
  { trained = layersOf(model) }: FloatProgramOptions = {},
): Uint8Array<ArrayBuffer> {
  const graph = new ProgramGraph('float-predict');
  addModel(graph, sitesOf(model, trained));
  return graph.build();
}

interface AddedModel {
  /** By ValueId, [n, channels, height, width]. */
  readonly values: ReadonlyMap<ValueId, string>;
  readonly logits: string;
}

function addModel(graph: ProgramGraph, sites: readonly AnyFloatSite[]): AddedModel {
  const x = graph.input('x', 'float32', [batchDimension, ...sites[0]!.inputShapes[0]!]);
  const values = addFloatForwardRange(graph, sites, graph.transpose(x, [0, 3, 1, 2]));
  const [height, width, classes] = sites.at(-1)!.outputShape;
  const last = values.get(sites.length)!;
  const rows = height * width === 1 ? last : graph.transpose(last, [0, 2, 3, 1]);
  const logits = graph.node('Reshape', [rows, graph.int64([-1, classes])], { output: 'logits' });
  graph.output(logits, 'float32', ['rows', classes]);
  return { values, logits };
}

/**
 * Adds the input `targets` [rows, classes], one row for each sample and position; rows that sum to 0 are not
 * judged. Returns the gradient [n, classes, height, width].
 */
export function addFloatError(graph: ProgramGraph, logits: string, shape: Shape): string {
  const [height, width, classes] = shape;
  const targets = graph.input('targets', 'float32', ['rows', classes]);
  const softmax = graph.node('Softmax', [logits], { attributes: { axis: 1 } });
  const error = graph.subtract(softmax, targets);
  if (height * width === 1) return graph.reshape(error, [-1, classes, 1, 1]);
  const total = graph.node('ReduceSum', [targets, graph.int64([1])]);
  const isJudged = graph.cast(total, 'bool');
  const judged = graph.node('Where', [isJudged, error, graph.scalar('float32', 0)]);
  return graph.transpose(graph.reshape(judged, [-1, height, width, classes]), [0, 3, 1, 2]);
}

/** Every value by its ValueId, [n, channels, height, width], from the input's. */
export function addFloatForwardRange(
  graph: ProgramGraph,
  sites: readonly AnyFloatSite[],
  input: string,
): ReadonlyMap<ValueId, string> {
  const values = new Map<ValueId, string>([[0, input]]);
  for (const site of sites) {
    const inputs = site.inputs.map((value) => values.get(value)!);
    values.set(site.index + 1, addFloatForward(graph, site, inputs));
  }
  return values;
}

/** From the gradient of the last value to those of the weights and, where asked for, of the input. */
export function addFloatBackwardRange(
  graph: ProgramGraph,
  sites: readonly AnyFloatSite[],
  call: {
    readonly values: ReadonlyMap<ValueId, string>;
    readonly gradient: string;
    readonly wantsInput?: boolean;
  },
): { readonly updates: readonly FloatLayerUpdate[]; readonly inputGradient: string | null } {
  const { values, wantsInput = false } = call;
  const gradients = new Map<ValueId, string>([[sites.length, call.gradient]]);
  const wanted = wantedValues(sites, ({ isTrained }) => isTrained, wantsInput ? 0 : null);
  const updates: FloatLayerUpdate[] = [];
  for (const site of sites.toReversed()) {
    const own = gradients.get(site.index + 1);
    if (own === undefined || !wanted.has(site.index + 1)) continue;
    const output = values.get(site.index + 1)!;
    const clamp = 'clamp' in site.attributes ? site.attributes.clamp : null;
    const gradient = gateFloat(graph, { gradient: own, output }, clamp);
    const inputs = site.inputs.map((value) => values.get(value)!);
    if ((site.operator === 'conv' || site.operator === 'dense') && site.isTrained) {
      const weights = addFloatWeightGradient(graph, site, { input: inputs[0]!, gradient });
      const bias = graph.node('ReduceSum', [gradient, graph.int64([0, 2, 3])], {
        attributes: { keepdims: 0 },
      });
      updates.push({ site, weights, bias });
    }
    const wants = site.inputs.map((id) => wanted.has(id));
    if (site.operator === 'recurrent') {
      const passed = floatRecurrentBackward(graph, site, { gradient, wantsInput: wants[0]! });
      const { weights, bias } = passed;
      if (weights !== null && bias !== null) updates.push({ site, weights, bias });
      addGradients(graph, gradients, site, [passed.input]);
      continue;
    }
    const parts = addFloatBackward(graph, site, { inputs, output, gradient, wanted: wants });
    addGradients(graph, gradients, site, parts);
  }
  return { updates, inputGradient: wantsInput ? (gradients.get(0) ?? null) : null };
}

/** Adds a node's part to the gradient of each of its inputs. */
function addGradients(
  graph: ProgramGraph,
  gradients: Map<ValueId, string>,
  { inputs }: AnyFloatSite,
  parts: readonly (string | null)[],
): void {
  for (const [index, part] of parts.entries()) {
    if (part === null) continue;
    const sum = gradients.get(inputs[index]!);
    gradients.set(inputs[index]!, sum === undefined ? part : graph.add(sum, part));
  }
}

/** The nodes as programs see them. Throws InputError where parameters do not fit the graph. */
export function sitesOf(
  model: FloatModel,
  trained: ReadonlySet<number> = layersOf(model),
): readonly AnyFloatSite[] {
  const shapes = checkFloatModel(model);
  return model.graph.nodes.map((node, index) => {
    const site = {
      ...node,
      index,
      inputShapes: node.inputs.map((value) => shapes[value]!),
      outputShape: shapes[index + 1]!,
      parameters: model.parameters.get(index) ?? null,
      isTrained: trained.has(index),
    };
    return site;
  });
}

/** Recurrent layers that run from the end are for prediction only. */
function layersOf({ graph }: FloatModel): ReadonlySet<number> {
  const trained = graph.nodes.flatMap((node, index) => {
    const isReverse = node.operator === 'recurrent' && node.attributes.reverse;
    return isTrainable(node) && !isReverse ? [index] : [];
  });
  return new Set(trained);
}
