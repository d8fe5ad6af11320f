// How many bytes learning takes over the opened model, in the programs of exporters/programs: what of a range of
// nodes is alive at once. Bytes per sample, then times the batch; weights are counted once.
//
// Forward, the range's values are held, uint8, until their own node is passed backward. Backward, one node at a time: the float32 gradient at its output, with its
// gate and their product; of a layer its 8-bit form twice (as computed and transposed) beside the gathered inputs,
// then, where the gradient goes on, the 8-bit errors as gathered and their int32 sums. Of every layer's weights the int32
// gradient waits for the last one, then one layer at a time becomes new weights.
// A recurrent layer's memory is in recurrent-memory.ts.
import { isLayer, isTrainable, sizeOf } from '#runtime';
import type { Graph, Layer, Recurrence, Shape } from '#runtime';

import { parameterCounts } from './float/model.ts';
import { offsetsOf, smallColumns } from './programs/window-gradient.ts';
import { recurrentUpdateBytes } from './recurrent-memory.ts';

export interface LearnMemory {
  readonly batch: number;
  /** Of a plan that trains recurrent layers; default 8 exact steps, and gates. */
  readonly recurrence?: Recurrence | null;
  /** Whether the gradient at the range's input is wanted; default false. */
  readonly wantsInput?: boolean;
  /** Whether the gradient at the range's end comes from outside, float32, and is held there; default false. */
  readonly isGiven?: boolean;
}

interface NodeRange {
  readonly from: number;
  readonly to: number;
}

/** What ONNX Runtime holds of a layer's nodes while a program runs, counted: some fifty nodes, 170 bytes each. */
const bytesOfNodes = 9_000;

/** Bytes alive at once while a range of nodes learns from one batch. */
export function learnBytes(
  graph: Graph,
  { from, to }: NodeRange,
  shapes: readonly Shape[],
  { batch, recurrence = null, wantsInput = false, isGiven = false }: LearnMemory,
): number {
  const own = graph.nodes.slice(from, to);
  const first = wantsInput ? -1 : from + own.findIndex(isTrainable);
  const size = (value: number): number => sizeOf(shapes[value]!);
  // Up to the output of the node at hand; those behind it are freed.
  let activations = 0;
  for (let value = from; value <= to; value++) activations += size(value);
  // Gradients that wait for the nodes before, by value.
  const waiting = new Map([[to, 4 * size(to)]]);
  let largest = 0;
  let largestRecurrent = 0;
  for (let index = to - 1; index >= from; index--) {
    const node = graph.nodes[index]!;
    waiting.delete(index + 1);
    const held =
      activations +
      [...waiting.values()].reduce((sum, bytes) => sum + bytes, 0) +
      (isGiven && index + 1 < to ? 4 * size(to) : 0);
    const passesOn = index > first;
    const input = shapes[node.inputs[0]!]!;
    if (node.operator === 'recurrent') {
      const bytes = recurrentUpdateBytes(node.attributes, input, { batch, recurrence, passesOn });
      largestRecurrent = Math.max(largestRecurrent, bytes + batch * held);
    } else {
      largest = Math.max(largest, held + backwardBytes(node, input, shapes[index + 1]!, passesOn));
    }
    for (const [place, value] of node.inputs.entries()) {
      if (!passesOn || (value === from && !wantsInput)) continue;
      // An addition gives the same gradient to both.
      waiting.set(value, node.operator === 'add' && place > 0 ? 0 : 4 * size(value));
    }
    activations -= size(index + 1);
  }
  const weights = own
    .filter(isLayer)
    .map((layer) => parameterCounts(layer, shapes[layer.inputs[0]!]!)!.weights);
  const sums = 4 * weights.reduce((sum, count) => sum + count, 0);
  const ofLayers = Math.max(batch * largest + sums, sums + 8 * Math.max(0, ...weights));
  return Math.max(ofLayers + bytesOfNodes * weights.length, largestRecurrent);
}

/** Of one sample, over the values that are held and the gradients that wait. */
function backwardBytes(
  node: Graph['nodes'][number],
  input: Shape,
  output: Shape,
  passesOn: boolean,
): number {
  const outputs = sizeOf(output);
  const isGated = 'clamp' in node.attributes && node.attributes.clamp !== null;
  const gating = (isGated ? 12 : 4) * outputs;
  if (!isLayer(node)) return Math.max(gating, 4 * outputs + 4 * sizeOf(input));
  const offsets = node.operator === 'conv' ? offsetsOf(node.attributes.window) : 1;
  const update = (passesOn ? 6 : 2) * outputs + gathered(offsets, output[0] * output[1] * input[2]);
  if (!passesOn) return Math.max(gating, 5 * outputs, update);
  const taps = tapsOf(node, output[0] * output[1] * output[2]);
  const sums = (taps.isSummed ? 8 : 4) * sizeOf(input);
  const onward = Math.max(outputs + taps.bytes + sums, sums + 4 * sizeOf(input));
  return Math.max(gating, update, 9 * outputs, onward);
}

/**
 * The errors that meet in an input's gradient, as they are gathered: with a stride, those of one phase at a time.
 * Large ones are gathered a kernel row at a time and their products added.
 */
function tapsOf(
  layer: Layer,
  outputs: number,
): { readonly bytes: number; readonly isSummed: boolean } {
  if (layer.operator !== 'conv' || offsetsOf(layer.attributes.window) === 1) {
    return { bytes: 0, isSummed: false };
  }
  const { kernel, stride } = layer.attributes.window;
  const offsets = Math.ceil(kernel[0] / stride[0]) * Math.ceil(kernel[1] / stride[1]);
  const isSummed = offsets > 1 && offsets * outputs > smallColumns;
  return { bytes: gathered(offsets, outputs), isSummed };
}

/** Views of all kernel offsets and their columns, or of those of one row. */
function gathered(offsets: number, perOffset: number): number {
  if (offsets === 1) return 0;
  const columns = offsets * perOffset;
  return columns <= smallColumns ? 2 * columns : (2 * columns) / Math.sqrt(offsets);
}
