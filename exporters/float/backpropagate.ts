// Reverse-mode differentiation of a run, whole or of a range of nodes (a module, a single layer).
import type { OperatorAttributes, OperatorName, ValueId } from '#runtime';
import { inferShapes, isTrainable, sizeOf } from '#runtime';

import type { FloatArray, FloatParameters, FloatTensor } from './array.ts';
import { zeros } from './array.ts';
import type { FloatModel } from './model.ts';
import { batchOf } from './model.ts';
import type { FloatCall, FloatGradients } from './operator.ts';
import { floatOperators } from './operators/table.ts';
import type { FloatValues } from './run.ts';

export interface BackpropagateOptions {
  /** Nodes [from, to): the output gradient is that of value `to`. All nodes by default. */
  readonly from?: number;
  readonly to?: number;
  /** Values whose gradient to return; none by default. */
  readonly wanted?: (value: ValueId) => boolean;
  /** False where only values' gradients are of interest. */
  readonly ofParameters?: boolean;
}

/** Of the loss summed over the batch; gradients of values are with respect to them after their clamp. */
export interface Backpropagation {
  /** [batch, height, width, channels]; zeros for a wanted value the output does not depend on. */
  readonly valueGradients: ReadonlyMap<ValueId, FloatArray>;
  /** By node index. */
  readonly parameterGradients: ReadonlyMap<number, FloatParameters>;
}

/** `values` are those of a run that kept every value the nodes read and make. */
export function backpropagate(
  model: FloatModel,
  values: FloatValues,
  outputGradient: FloatArray,
  options: BackpropagateOptions = {},
): Backpropagation {
  const { nodes } = model.graph;
  const { from = 0, to = nodes.length, wanted = () => false, ofParameters = true } = options;
  const shapes = inferShapes(model.graph);
  const batch = batchOf(outputGradient, shapes[to]!);
  const isNeeded = neededValues(model, { from, to, wanted, ofParameters });
  const gradients = new Map<ValueId, FloatArray>([[to, outputGradient]]);
  const parameterGradients = new Map<number, FloatParameters>();

  const tensor = (value: ValueId): FloatTensor => ({
    data: values.get(value)!,
    shape: shapes[value]!,
  });
  const accumulator = (value: ValueId): FloatArray | null => {
    if (!isNeeded[value]) return null;
    const gradient = gradients.get(value) ?? zeros(outputGradient, values.get(value)!.length);
    gradients.set(value, gradient);
    return gradient;
  };

  for (let index = to - 1; index >= from; index--) {
    const node = nodes[index]!;
    const output = gradients.get(index + 1);
    if (output === undefined) continue;
    const parameters = model.parameters.get(index) ?? null;
    const ofLayer =
      ofParameters && parameters !== null && isTrainable(node) ? zerosOf(parameters, output) : null;
    const inputs = node.inputs.map(accumulator);
    if (ofLayer !== null || inputs.some((gradient) => gradient !== null)) {
      const call = {
        batch,
        inputs: node.inputs.map(tensor),
        output: tensor(index + 1),
        parameters,
      };
      backwardNode(node, call, { output, inputs, parameters: ofLayer });
    }
    if (ofLayer !== null) parameterGradients.set(index, ofLayer);
    if (!wanted(index + 1)) gradients.delete(index + 1);
  }

  const valueGradients = new Map<ValueId, FloatArray>();
  for (let value = 0; value <= to; value++) {
    if (!wanted(value)) continue;
    const gradient = gradients.get(value) ?? zeros(outputGradient, batch * sizeOf(shapes[value]!));
    valueGradients.set(value, gradient);
  }
  return { valueGradients, parameterGradients };
}

/** By ValueId: true where something asked for lies behind the value, so that its gradient must be made. */
function neededValues(
  { graph }: FloatModel,
  { from, to, wanted, ofParameters }: Required<BackpropagateOptions>,
): boolean[] {
  const isNeeded: boolean[] = [];
  for (let value = 0; value <= to; value++) {
    const maker = value - 1;
    const hasMore =
      maker >= from &&
      ((ofParameters && isTrainable(graph.nodes[maker]!)) ||
        graph.nodes[maker]!.inputs.some((input) => isNeeded[input]));
    isNeeded.push(wanted(value) || hasMore);
  }
  return isNeeded;
}

function backwardNode<Name extends OperatorName>(
  node: { readonly operator: Name; readonly attributes: OperatorAttributes[Name] },
  call: Omit<FloatCall<Name>, 'attributes'>,
  gradients: FloatGradients,
): void {
  floatOperators[node.operator].backward({ ...call, attributes: node.attributes }, gradients);
}

function zerosOf({ weights, bias }: FloatParameters, like: FloatArray): FloatParameters {
  return { weights: zeros(like, weights.length), bias: zeros(like, bias.length) };
}
