// Scale and zero point of every value, from the ranges they were seen to take.
import type { Clamp, Graph, Node, Quantization } from '#runtime';
import { InputError, inferShapes, isLayer } from '#runtime';

import type { Range } from './range.ts';
import { roundHalfEven } from './round-half-even.ts';

/** A value that never left 0 gets the scale of 0..1: learning may yet bring it to life. */
const smallestWidth = 2 ** -30;

/** The quantization whose 256 steps cover `range` and 0, which is always one of them. */
export function chooseQuantization(range: Range): Quantization {
  const minimum = Math.min(0, range.minimum);
  const maximum = Math.max(0, range.maximum);
  const width = maximum - minimum;
  if (!Number.isFinite(Math.fround(width))) {
    throw new InputError(`expected a finite range, got ${range.minimum} to ${range.maximum}`);
  }
  if (width < smallestWidth) return { scale: Math.fround(1 / 255), zeroPoint: 0 };
  const scale = Math.fround(width / 255);
  return { scale, zeroPoint: roundHalfEven(-minimum / scale) };
}

/** By ValueId; null for logits. `ranges` are indexed the same. */
export function quantizeValues(graph: Graph, ranges: readonly Range[]): (Quantization | null)[] {
  const quantization: (Quantization | null)[] = [chooseQuantization(ranges[0]!)];
  for (const [index, node] of graph.nodes.entries()) {
    const range = limitRange(ranges[index + 1]!, outputLimits(node));
    // An integer maximum keeps the scale of what it is taken from.
    const shared = node.operator === 'maxPool' ? quantization[node.inputs[0]!]! : null;
    quantization.push(shared ?? chooseQuantization(range));
  }
  if (endsInLogits(graph)) quantization[graph.nodes.length] = null;
  return quantization;
}

/** True where the output is the plain sum of a layer at one position, which stays float32. */
export function endsInLogits(graph: Graph): boolean {
  const last = graph.nodes.at(-1);
  if (last === undefined || !isLayer(last) || last.attributes.clamp !== null) return false;
  const [height, width] = inferShapes(graph).at(-1)!;
  return height === 1 && width === 1;
}

const unlimited: Clamp = { minimum: -Infinity, maximum: Infinity };

/** What a node can put out at all: steps beyond it would be wasted. */
function outputLimits(node: Node): Clamp {
  switch (node.operator) {
    case 'conv':
    case 'dense':
    case 'add':
      return node.attributes.clamp ?? unlimited;
    case 'lookup':
      return lookupLimits(node.attributes);
    case 'mul':
    case 'concat':
    case 'maxPool':
    case 'averagePool':
    case 'embedding':
      return unlimited;
    case 'recurrent':
      return { minimum: -1, maximum: 1 };
    default:
      node satisfies never;
      throw new TypeError('unreachable');
  }
}

function lookupLimits({
  activation,
  parameters: [minimum = -Infinity, maximum = Infinity],
}: Extract<Node, { operator: 'lookup' }>['attributes']): Clamp {
  switch (activation) {
    case 'sigmoid':
    case 'hardSigmoid':
      return { minimum: 0, maximum: 1 };
    case 'tanh':
      return { minimum: -1, maximum: 1 };
    case 'hardSwish':
      return { minimum: -0.375, maximum: Infinity }; // x (x / 6 + 1/2) at x = -3/2
    case 'clamp':
      return { minimum, maximum };
    case 'leakyRelu':
      return unlimited;
    default:
      activation satisfies never;
      throw new TypeError('unreachable');
  }
}

function limitRange(range: Range, { minimum, maximum }: Clamp): Range {
  return {
    minimum: Math.max(range.minimum, minimum),
    maximum: Math.min(range.maximum, maximum),
  };
}
