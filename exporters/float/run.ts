// Runs a model in floating point, a batch at a time.
import type { Node, OperatorAttributes, OperatorName, ValueId } from '#runtime';
import { sizeOf } from '#runtime';

import type { FloatArray } from './array.ts';
import { zeros } from './array.ts';
import type { FloatModel } from './model.ts';
import { batchOf, checkFloatModel } from './model.ts';
import type { FloatCall } from './operator.ts';
import { floatOperators } from './operators/table.ts';

/** By ValueId: [batch, height, width, channels]. The caller owns the arrays. */
export type FloatValues = ReadonlyMap<ValueId, FloatArray>;

export interface RunOptions {
  /** Which values to keep besides the output; all by default, as backpropagation needs. */
  readonly keep?: (value: ValueId) => boolean;
  /** Sees each value as it is made, the input first, and may change it before its users read it. */
  readonly onValue?: (value: ValueId, data: FloatArray) => void;
}

/**
 * `input` is [batch, height, width, channels] and is not copied. Values have its precision; sums
 * are float64 in either.
 */
export function runFloat(
  model: FloatModel,
  input: FloatArray,
  { keep = () => true, onValue }: RunOptions = {},
): FloatValues {
  const { nodes } = model.graph;
  const shapes = checkFloatModel(model);
  const batch = batchOf(input, shapes[0]!);
  const lastUsers = lastUsersOf(nodes);
  const values = new Map<ValueId, FloatArray>([[0, input]]);
  onValue?.(0, input);
  for (const [index, node] of nodes.entries()) {
    const output = {
      data: zeros(input, batch * sizeOf(shapes[index + 1]!)),
      shape: shapes[index + 1]!,
    };
    const inputs = node.inputs.map((value) => ({
      data: values.get(value)!,
      shape: shapes[value]!,
    }));
    const parameters = model.parameters.get(index) ?? null;
    forwardNode(node, { batch, inputs, output, parameters });
    values.set(index + 1, output.data);
    onValue?.(index + 1, output.data);
    for (const value of node.inputs) {
      if (lastUsers.get(value) === index && !keep(value)) values.delete(value);
    }
  }
  return values;
}

/** The output of a run, [batch, ...]. */
export function outputOf({ graph }: FloatModel, values: FloatValues): FloatArray {
  return values.get(graph.nodes.length)!;
}

function forwardNode<Name extends OperatorName>(
  node: { readonly operator: Name; readonly attributes: OperatorAttributes[Name] },
  call: Omit<FloatCall<Name>, 'attributes'>,
): void {
  floatOperators[node.operator].forward({ ...call, attributes: node.attributes });
}

function lastUsersOf(nodes: readonly Node[]): Map<ValueId, number> {
  return new Map(
    nodes.flatMap((node, index) => node.inputs.map((value) => [value, index] as const)),
  );
}
