// What the nodes of an operator's gradients make in the float32 program, on a tape: programs/float/operators, bytes for
// numbers. n sample, p output position, o output channel, c input channel, k kernel offset.
// views: 4 n p c bytes for each k;  products: 4 o c for each k, of each sample where they are many;  d x: 4 n H W c
import { isPointwise } from '#runtime';
import type { Activation, Node, OperatorAttributes, Window } from '#runtime';

import { offsetsOf } from '../programs/window-gradient.ts';
import { bytesOf, coversInput, flatten, views, weightBytes } from './float-nodes.ts';
import type { FloatNode } from './float-nodes.ts';

/** Values of the tape. */
export interface FloatGradient {
  /** At the output, gated. */
  readonly gradient: number;
  readonly output: number;
  readonly kernels: number | null;
}

type Conv = OperatorAttributes['conv'];

/** As in programs/float/operators/conv.ts: at up to so many positions, the batch is one product. */
const fewPositions = 256;

/** Their slopes are functions of x; those of the others of y. */
const readsInput: ReadonlySet<Activation> = new Set(['leakyRelu', 'hardSwish']);

/** Null of a node without weights. */
export function weightGradient(
  own: FloatNode,
  { gradient }: Pick<FloatGradient, 'gradient'>,
): { readonly weights: number; readonly bytes: number } | null {
  const { tape, node } = own;
  if (node.operator !== 'conv' && node.operator !== 'dense') return null;
  const bytes = weightBytes(own);
  if (node.operator === 'dense') {
    const errors = tape.view(gradient);
    return { weights: tape.add(bytes, [errors, flatten(own)]), bytes };
  }
  const parts = offsetProducts(own, node.attributes, gradient);
  return { weights: parts.length === 1 ? parts[0]! : tape.add(bytes, parts), bytes };
}

/** One for each kernel offset, [o, c]. */
function offsetProducts(own: FloatNode, attributes: Conv, gradient: number): number[] {
  const { tape, batch, inputShapes, outputShape } = own;
  const { window, groups, outputChannels } = attributes;
  const [height, width] = outputShape;
  const viewBytes = bytesOf(own, [height, width, inputShapes[0]![2]]);
  const product = weightBytes(own) / offsetsOf(window);
  if (groups === outputChannels && groups === inputShapes[0]![2]) {
    return views(own, window).map((view) =>
      tape.view(tape.add(product, [tape.add(viewBytes, [view, gradient])])),
    );
  }
  if (groups === 1 && height * width <= fewPositions) {
    const rows = views(own, window).map((view) => tape.view(tape.add(viewBytes, [view])));
    const errors = tape.view(tape.add(bytesOf(own, outputShape), [gradient]));
    return rows.map((view) => tape.add(product, [errors, view]));
  }
  const errors = tape.view(gradient);
  return views(own, window)
    .map((view) => tape.add(batch * product, [errors, tape.view(view)]))
    .map((products) => tape.view(tape.add(product, [products])));
}

/** Of each input, null where not wanted. */
export function inputGradients(
  own: FloatNode,
  call: FloatGradient & { readonly wants: readonly boolean[] },
): (number | null)[] {
  const { tape, node, inputShapes } = own;
  if (node.operator === 'concat' && call.wants.every(Boolean)) {
    const sizes = inputShapes.map((shape) => bytesOf(own, shape));
    return tape.addWithOutputs(sizes, [call.gradient], 0);
  }
  return call.wants.map((isWanted, input) => (isWanted ? inputGradient(own, call, input) : null));
}

function inputGradient(own: FloatNode, call: FloatGradient, input: number): number {
  const { tape, node, inputs, inputShapes } = own;
  const { gradient, output } = call;
  const bytes = bytesOf(own, inputShapes[input]!);
  if (node.operator === 'conv') return throughKernels(own, node.attributes, call);
  if (node.operator === 'dense') {
    const back = tape.view(tape.add(bytes, [tape.view(gradient)]));
    const [height, width] = inputShapes[0]!;
    return height * width === 1 ? back : tape.add(bytes, [back]);
  }
  if (node.operator === 'add') return gradient;
  if (node.operator === 'mul') {
    const whole = bytesOf(own, inputShapes[0]!);
    const each = tape.add(whole, [gradient, inputs[1 - input]!]);
    return bytes === whole ? each : tape.add(bytes, [each]);
  }
  if (node.operator === 'maxPool' || node.operator === 'averagePool') {
    return throughPool(own, node, { gradient, output });
  }
  if (node.operator === 'lookup') {
    // The slope, of the input or the output, in two steps.
    const slopeOf = readsInput.has(node.attributes.activation) ? inputs[0]! : output;
    return tape.add(bytes, [gradient, tape.add(bytes, [tape.add(bytes, [slopeOf]), slopeOf])]);
  }
  return tape.add(bytes, [gradient]);
}

function throughPool(
  own: FloatNode,
  { operator, attributes: { window } }: Extract<Node, { operator: 'maxPool' | 'averagePool' }>,
  { gradient, output }: Pick<FloatGradient, 'gradient' | 'output'>,
): number {
  const { tape } = own;
  const bytes = bytesOf(own, own.outputShape);
  if (operator === 'maxPool') {
    const isLargest = views(own, window).map((view) =>
      tape.add(bytes, [tape.add(bytes / 4, [view, output])]),
    );
    const share = tape.add(bytes, [gradient, tape.add(bytes, isLargest)]);
    const shares = isLargest.map((one) => tape.add(bytes, [one, share]));
    return spread(own, window, shares);
  }
  const share = tape.add(bytes, [gradient]);
  if (coversInput(own, window)) return tape.add(bytesOf(own, own.inputShapes[0]!), [share]);
  return spread(
    own,
    window,
    Array.from({ length: offsetsOf(window) }, () => share),
  );
}

// Without a stride a convolution with turned kernels; else a transposed one, with the columns of one sample.
function throughKernels(
  own: FloatNode,
  { window, groups }: Conv,
  { gradient, kernels }: FloatGradient,
): number {
  const { tape } = own;
  const weights = weightBytes(own);
  const bytes = bytesOf(own, own.inputShapes[0]!);
  if (groups === 1 && window.stride[0] === 1 && window.stride[1] === 1) {
    const turned = isPointwise(window) ? kernels! : tape.add(weights, [kernels!]);
    return tape.add(bytes, [gradient, tape.add(weights, [turned])]);
  }
  return transposed(own, window, { value: gradient, kernels: kernels!, groups });
}

function transposed(
  { tape, batch, inputShapes, outputShape }: FloatNode,
  window: Window,
  { value, kernels, groups }: { value: number; kernels: number; groups: number },
): number {
  const [[height, width, channels], [outputHeight, outputWidth]] = [inputShapes[0]!, outputShape];
  const columns = (4 * offsetsOf(window) * outputHeight * outputWidth * channels) / groups;
  return tape.add(4 * batch * height * width * channels, [value, kernels], columns);
}

/** A pool's shares, side by side, through kernels of a single 1 for each offset. */
function spread(own: FloatNode, window: Window, shares: readonly number[]): number {
  const { tape, outputShape } = own;
  const channels = outputShape[2];
  const lifted = shares.map((share) => tape.view(share));
  const stacked = tape.view(tape.add(shares.length * bytesOf(own, outputShape), lifted));
  const kernels = tape.view(tape.add(4 * channels * offsetsOf(window) ** 2));
  return transposed(own, window, { value: stacked, kernels, groups: channels });
}
