// What the nodes of an operator make on its way forward in the float32 program, on a tape: programs/float/operators,
// bytes for numbers. A value takes 4 n H W C bytes.
import { sizeOf } from '#runtime';
import type { Node, Shape, Window } from '#runtime';

import { parameterCounts } from '../float/model.ts';
import { offsetsOf } from '../programs/window-gradient.ts';
import type { ProgramTape } from './program-tape.ts';

export interface FloatNode {
  readonly tape: ProgramTape;
  readonly batch: number;
  readonly node: Node;
  readonly inputShapes: readonly Shape[];
  readonly outputShape: Shape;
  /** Values of the tape. */
  readonly inputs: readonly number[];
}

export interface FloatForward {
  readonly output: number;
  /** Of a convolution, [o, c, kernel height, kernel width]: made once, for both ways. */
  readonly kernels: number | null;
}

/** Of any node but a recurrent layer (float-loop.ts). */
export function forwardNode(own: FloatNode): FloatForward {
  const { tape, node, inputs, outputShape } = own;
  const bytes = bytesOf(own, outputShape);
  if (node.operator === 'conv') {
    // The clamp becomes part of the convolution.
    const kernels = tape.add(weightBytes(own));
    return { output: tape.add(bytes, [inputs[0]!, kernels]), kernels };
  }
  const output = before(own, bytes);
  const isClamped = 'clamp' in node.attributes && node.attributes.clamp !== null;
  return { output: isClamped ? tape.add(bytes, [output]) : output, kernels: null };
}

/** The value before its clamp. */
function before(own: FloatNode, bytes: number): number {
  const { tape, node, inputs } = own;
  if (node.operator === 'dense') return tape.view(tape.add(bytes, [flatten(own)]));
  if (node.operator === 'embedding') {
    const tokens = tape.view(tape.add(bytesOf(own, own.inputShapes[0]!), inputs));
    return tape.add(bytes, [tape.add(bytes, [tokens])]);
  }
  if (node.operator === 'averagePool' && !coversInput(own, node.attributes.window)) {
    return tape.add(bytes, [tape.add(bytes, views(own, node.attributes.window))]);
  }
  return tape.add(bytes, inputs);
}

/** What each kernel offset reads of the padded input. */
export function views(own: FloatNode, window: Window): number[] {
  const { tape, inputs, inputShapes, outputShape } = own;
  const [height, width, channels] = inputShapes[0]!;
  const [top, left, bottom, right] = window.pads;
  const isPadded = window.pads.some((pad) => pad > 0);
  const around: Shape = [height + top + bottom, width + left + right, channels];
  const padded = isPadded ? tape.add(bytesOf(own, around), inputs.slice(0, 1)) : inputs[0]!;
  const bytes = bytesOf(own, [outputShape[0], outputShape[1], channels]);
  return Array.from({ length: offsetsOf(window) }, () => tape.add(bytes, [padded]));
}

/** Channels last, one row a sample. */
export function flatten(own: FloatNode): number {
  const { tape, inputs, inputShapes } = own;
  const [height, width] = inputShapes[0]!;
  const [x] = inputs as [number];
  return tape.view(height * width === 1 ? x : tape.add(bytesOf(own, inputShapes[0]!), [x]));
}

/** Of a mean over the whole input. */
export function coversInput(
  { inputShapes, outputShape }: FloatNode,
  { kernel, pads }: Window,
): boolean {
  const [height, width] = inputShapes[0]!;
  const isOne = outputShape[0] * outputShape[1] === 1;
  return isOne && kernel[0] === height && kernel[1] === width && pads.every((pad) => pad === 0);
}

/** float32, of the whole batch. */
export function bytesOf({ batch }: Pick<FloatNode, 'batch'>, shape: Shape): number {
  return 4 * batch * sizeOf(shape);
}

export function weightBytes({ node, inputShapes }: FloatNode): number {
  return 4 * parameterCounts(node, inputShapes[0]!)!.weights;
}
