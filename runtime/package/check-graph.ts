// What must hold between the nodes of a graph before anything is computed or allocated from it.
import type { Graph, Node } from '../graph/graph.ts';
import type { OperatorAttributes, OperatorName, Window } from '../graph/operator.ts';
import { operators } from '../graph/operators/table.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { windowOutput } from '../graph/window.ts';
import { blameFile, refuse, reject } from './check.ts';

const maximumElements = 2 ** 26; // of one value
const maximumTable = 2 ** 24; // of a window: output positions times kernel offsets

const inputCounts: { readonly [Name in OperatorName]: readonly [least: number, most: number] } = {
  conv: [1, 1],
  dense: [1, 1],
  add: [2, 2],
  mul: [2, 2],
  concat: [1, 256],
  maxPool: [1, 1],
  averagePool: [1, 1],
  lookup: [1, 1],
  embedding: [1, 1],
  recurrent: [1, 1],
};

/** Shape of every value. Throws FormatError naming the node. */
export function checkGraph({ inputShape, nodes }: Graph): Shape[] {
  const shapes: Shape[] = [inputShape];
  checkSize(inputShape, 'model.graph.inputShape');
  for (const [index, node] of nodes.entries()) {
    const where = `model.graph.nodes[${index}]`;
    checkInputs(node, index, where);
    const inputs = node.inputs.map((value) => shapes[value]!);
    const shape = shapeOf(node, inputs, where);
    if (node.operator === 'maxPool' || node.operator === 'averagePool') {
      checkWindowMeetsInput(inputs[0]!, node.attributes.window, where);
    }
    checkSize(shape, where);
    shapes.push(shape);
  }
  checkUse(nodes);
  return shapes;
}

function checkInputs({ operator, inputs }: Node, index: number, where: string): void {
  const [least, most] = inputCounts[operator];
  if (inputs.length < least || inputs.length > most) {
    reject(`${where}.inputs`, least === most ? `${least}` : `${least} to ${most}`, inputs.length);
  }
  inputs.forEach((value, position) => {
    if (value > index) {
      reject(`${where}.inputs[${position}]`, `a value from 0 to ${index}`, value);
    }
  });
}

function shapeOf(node: Node, inputs: readonly Shape[], where: string): Shape {
  if ('window' in node.attributes) checkTable(inputs[0]!, node.attributes.window, where);
  return blameFile(`${where}: `, () => inferShape(node, inputs));
}

function inferShape<Name extends OperatorName>(
  node: { readonly operator: Name; readonly attributes: OperatorAttributes[Name] },
  inputs: readonly Shape[],
): Shape {
  return operators[node.operator].inferShape(inputs, node.attributes);
}

function checkSize(shape: Shape, where: string): void {
  const size = sizeOf(shape);
  if (!(size <= maximumElements)) {
    reject(where, `a value of at most ${maximumElements} elements`, size);
  }
}

// Before the shape: a window that does not fit has no positions and passes on to its own message.
function checkTable(input: Shape, window: Window, where: string): void {
  const [height, width] = windowOutput(input, window);
  const entries = height * width * window.kernel[0] * window.kernel[1];
  if (entries > maximumTable) {
    reject(`${where}.attributes.window`, `at most ${maximumTable} positions`, entries);
  }
}

// A pool over nothing but padding has no mean and no maximum.
function checkWindowMeetsInput(input: Shape, window: Window, where: string): void {
  const outputs = windowOutput(input, window);
  for (const axis of [0, 1] as const) {
    for (let output = 0; output < outputs[axis]; output++) {
      const start = output * window.stride[axis] - window.pads[axis];
      if (!meets(start, window.kernel[axis], window.dilation[axis], input[axis])) {
        reject(
          `${where}.attributes.window.pads`,
          'each window to meet the input',
          window.pads[axis],
        );
      }
    }
  }
}

function meets(start: number, count: number, step: number, extent: number): boolean {
  const first = start < 0 ? Math.ceil(-start / step) : 0;
  return first < count && start + first * step < extent;
}

function checkUse(nodes: readonly Node[]): void {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  for (let value = 0; value < nodes.length; value++) {
    if (!used.has(value)) refuse(`model.graph: value ${value}`, 'a node that reads it', 'none');
  }
}
