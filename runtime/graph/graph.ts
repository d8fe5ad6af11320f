// A model is a list of nodes in the order they run. Each node makes one value: value 0 is the input,
// value i + 1 is what node i makes, and the last value is the output.
import type { OperatorAttributes, OperatorName } from './operator.ts';
import { operators } from './operators/table.ts';
import type { Shape } from './shape.ts';

/** Index of a value: 0 is the graph's input, i + 1 the output of node i. */
export type ValueId = number;

export type Node = {
  [Name in OperatorName]: {
    readonly name: string;
    readonly operator: Name;
    readonly attributes: OperatorAttributes[Name];
    readonly inputs: readonly ValueId[];
  };
}[OperatorName];

export interface Graph {
  readonly inputShape: Shape;
  readonly nodes: readonly Node[];
}

/** Nodes with one linear map: weights and a bias. */
export type Layer = Extract<Node, { operator: 'conv' | 'dense' }>;

/** Nodes with two linear maps and a cell (cell.ts). */
export type RecurrentNode = Extract<Node, { operator: 'recurrent' }>;

export function isLayer(node: Node): node is Layer {
  return node.operator === 'conv' || node.operator === 'dense';
}

export function isRecurrent(node: Node): node is RecurrentNode {
  return node.operator === 'recurrent';
}

/** True for nodes whose weights a plan may update. */
export function isTrainable(node: Node): node is Layer | RecurrentNode {
  return isLayer(node) || isRecurrent(node);
}

/** Shape of every value, indexed by ValueId. Throws InputError naming the node that does not fit. */
export function inferShapes(graph: Graph): Shape[] {
  const shapes: Shape[] = [graph.inputShape];
  for (const node of graph.nodes) {
    shapes.push(
      shapeOf(
        node,
        node.inputs.map((value) => shapes[value]!),
      ),
    );
  }
  return shapes;
}

/** Shape of a layer's weights: [outputChannels, ...]; the first axis has one scale each. */
export function weightShapeOf(layer: Layer, input: Shape): readonly number[] {
  return layer.operator === 'conv'
    ? operators.conv.weightShape([input], layer.attributes)!
    : operators.dense.weightShape([input], layer.attributes)!;
}

function shapeOf<Name extends OperatorName>(
  node: { readonly operator: Name; readonly attributes: OperatorAttributes[Name] },
  inputs: readonly Shape[],
): Shape {
  return operators[node.operator].inferShape(inputs, node.attributes);
}
