// How many bytes full backpropagation in float32 takes over the opened model, in the program of
// exporters/programs/float: its nodes with the bytes they make, in the order in which the program adds them, and what of
// them ONNX Runtime holds at once (program-tape.ts). A value takes 4 n H W C bytes, a gradient of weights 4 o k c.
//
// Forward, every value that the way back reads is held, with kernels in the order that convolutions want. Backward,
// node by node: the gate (1 + 4 bytes a value), the gradient and their product; the padded input, a view of it for each
// kernel offset and their products (float-gradients.ts); the gradient at the input beside turned kernels, added where two
// meet. Gradients of all weights wait for the last one; then one layer after another is updated.
// Of a recurrent layer, states, gates and gradients of all steps (float-loop.ts).
import { isTrainable, sizeOf, wantedValues } from '#runtime';
import type { Clamp, Graph, Node, Shape, ValueId } from '#runtime';

import { inputGradients, weightGradient } from './float-gradients.ts';
import type { FloatGradient } from './float-gradients.ts';
import { addFloatLoop } from './float-loop.ts';
import { forwardNode } from './float-nodes.ts';
import type { FloatNode } from './float-nodes.ts';
import { ProgramTape } from './program-tape.ts';

interface Update {
  /** A value of the tape: the gradient. */
  readonly gradient: number;
  readonly bytes: number;
}

/** Bytes alive at once during a step on `batch` samples in which all layers learn; `shapes` of all values. */
export function floatBackpropBytes(graph: Graph, shapes: readonly Shape[], batch: number): number {
  const tape = new ProgramTape();
  const bytesOf = (value: ValueId): number => 4 * batch * sizeOf(shapes[value]!);
  const values = [tape.add(bytesOf(0))];
  const nodes = graph.nodes.map((node, index) => {
    const own: FloatNode = {
      tape,
      batch,
      node,
      inputShapes: node.inputs.map((value) => shapes[value]!),
      outputShape: shapes[index + 1]!,
      inputs: node.inputs.map((value) => values[value]!),
    };
    const loop = node.operator === 'recurrent' ? addFloatLoop(own, node.attributes) : null;
    const forward = loop ?? forwardNode(own);
    values.push(forward.output);
    return { own, loop, forward };
  });
  const last = graph.nodes.length;
  const softmax = tape.add(bytesOf(last), [tape.view(values[last]!)]);
  const gradients = new Map([[last, tape.view(tape.add(bytesOf(last), [softmax]))]]);
  const indexed = graph.nodes.map((node, index) => ({ ...node, index }));
  const wanted = wantedValues(indexed, learns, null);
  const updates: Update[] = [];
  for (const [index, { own, loop, forward }] of [...nodes.entries()].toReversed()) {
    const incoming = gradients.get(index + 1);
    if (incoming === undefined || !wanted.has(index + 1)) continue;
    const { node, outputShape } = own;
    const clamp = 'clamp' in node.attributes ? node.attributes.clamp : null;
    const count = batch * sizeOf(outputShape);
    const gradient = addGate(tape, { gradient: incoming, output: forward.output, count }, clamp);
    const update = (bytes: number, value: number): void => {
      updates.push({ gradient: value, bytes });
    };
    const wants = node.inputs.map((value) => wanted.has(value));
    const parts = loop
      ? [loop.backward({ gradient, wantsInput: wants[0]!, update })]
      : backward(own, {
          gradient,
          output: forward.output,
          kernels: forward.kernels,
          wants,
          update,
        });
    for (const [at, part] of parts.entries()) {
      if (part === null) continue;
      const value = node.inputs[at]!;
      const sum = gradients.get(value);
      gradients.set(value, sum === undefined ? part : tape.add(bytesOf(value), [sum, part]));
    }
  }
  addUpdates(tape, updates);
  return tape.peakBytes();
}

function backward(
  own: FloatNode,
  call: FloatGradient & {
    readonly wants: readonly boolean[];
    readonly update: (bytes: number, value: number) => void;
  },
): (number | null)[] {
  const learned = weightGradient(own, call);
  if (learned !== null) {
    call.update(learned.bytes, learned.weights);
    const bias = 4 * own.outputShape[2];
    call.update(bias, own.tape.add(bias, [call.gradient]));
  }
  return inputGradients(own, call);
}

/** A comparison, its cast and the product for each finite bound. */
function addGate(
  tape: ProgramTape,
  { gradient, output, count }: { gradient: number; output: number; count: number },
  clamp: Clamp | null,
): number {
  return [clamp?.minimum, clamp?.maximum]
    .filter((bound) => bound !== undefined && Number.isFinite(bound))
    .reduce<number>((gated) => {
      const isOpen = tape.add(4 * count, [tape.add(count, [output])]);
      return tape.add(4 * count, [gated, isOpen]);
    }, gradient);
}

// Norms of what was added first are asked for last; no weights change before the last of them.
function addUpdates(tape: ProgramTape, updates: readonly Update[]): void {
  const norms = updates.toReversed().map(({ gradient }) => tape.view(tape.add(4, [gradient])));
  const steps = tape.add(4 * norms.length, norms);
  // The new weights are written over the old ones.
  for (const { gradient, bytes } of updates) tape.add(0, [tape.add(bytes, [gradient, steps])]);
}

/** Recurrent layers that run from the end are for prediction only. */
function learns(node: Node): boolean {
  return isTrainable(node) && !(node.operator === 'recurrent' && node.attributes.reverse);
}
