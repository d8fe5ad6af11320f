// Scale and zero point of every value, from the ranges they were seen to take.
import type { Clamp, Graph, Node, Quantization } from '#runtime';
import { hiddenQuantization, InputError, inferShapes, isLayer } from '#runtime';

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

/** Token ids are bytes as they are. */
export const tokenQuantization: Quantization = { scale: 1, zeroPoint: 0 };

/** By ValueId; null for logits. `ranges` are indexed the same. */
export function quantizeValues(graph: Graph, ranges: readonly Range[]): (Quantization | null)[] {
  const quantization: (Quantization | null)[] = [
    readsTokens(graph) ? tokenQuantization : chooseQuantization(ranges[0]!),
  ];
  for (const [index, node] of graph.nodes.entries()) {
    const range = limitRange(ranges[index + 1]!, outputLimits(node));
    quantization.push(fixedQuantization(node, quantization) ?? chooseQuantization(range));
  }
  if (endsInLogits(graph)) quantization[graph.nodes.length] = null;
  return quantization;
}

/**
 * An integer maximum keeps the scale of what it is taken from, and so do values side by side that share
 * one. Hidden states have their own. Null where the range decides.
 */
function fixedQuantization(
  { operator, inputs }: Node,
  quantization: readonly (Quantization | null)[],
): Quantization | null {
  if (operator === 'recurrent') return hiddenQuantization;
  const [first, ...rest] = inputs.map((value) => quantization[value]!);
  if (operator === 'maxPool') return first!;
  const isHidden = first === hiddenQuantization && rest.every((other) => other === first);
  return operator === 'concat' && isHidden ? first : null;
}

function readsTokens({ nodes }: Graph): boolean {
  return nodes.some(({ operator, inputs }) => operator === 'embedding' && inputs[0] === 0);
}

/** True where the output is the plain sums of a layer, at one position or at each step, which stay float32. */
export function endsInLogits(graph: Graph): boolean {
  const last = graph.nodes.at(-1);
  if (last === undefined || !isLayer(last) || last.attributes.clamp !== null) return false;
  const [steps, width] = inferShapes(graph).at(-1)!;
  return width === 1 && (steps === 1 || hasSteps(graph));
}

/** True for models of sequences, whose output may have a position for each step. */
function hasSteps({ nodes }: Graph): boolean {
  return nodes.some(({ operator }) => operator === 'recurrent' || operator === 'embedding');
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
