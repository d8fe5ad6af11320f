// States and lengths that a file takes from its caller and gives back. Onward carries states from step to
// step and takes lengths itself, so they fall away before the import, and a note says so.
import type { OnnxModel, OnnxNode, OnnxValue } from './decode-model.ts';
import { quote } from './quote.ts';

/** Inputs of LSTM, GRU and RNN: sequence_lens, initial_h, initial_c. */
const carriedInputs = new Set([4, 5, 6]);
const recurrent = new Set(['LSTM', 'GRU', 'RNN']);
const movesAxes = new Set([
  'Cast',
  'Concat',
  'Expand',
  'Gather',
  'Identity',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);

/** The model without graph inputs that only set states or lengths, and without outputs that only give states. */
export function dropCarriedState(model: OnnxModel): { model: OnnxModel; notes: string[] } {
  const { nodes, inputs, outputs } = model;
  const carried = carriedFrom(
    nodes,
    inputs.map(({ name }) => name),
  );
  const keptInputs = inputs.filter(({ name }) => !carried.has(name));
  const states = statesOf(nodes);
  const keptOutputs = outputs.filter(({ name }) => !states.has(name));
  const dropsInputs = keptInputs.length > 0 && keptInputs.length < inputs.length;
  const dropsOutputs = keptOutputs.length > 0 && keptOutputs.length < outputs.length;
  const keptNodes = dropsInputs
    ? nodes.flatMap((node) =>
        node.outputs.some((name) => carried.has(name)) ? [] : [without(node, carried)],
      )
    : nodes;
  return {
    model: {
      ...model,
      inputs: dropsInputs ? keptInputs : inputs,
      outputs: dropsOutputs ? keptOutputs : outputs,
      nodes: dropsOutputs ? neededFor(keptNodes, keptOutputs) : keptNodes,
    },
    notes: [
      ...(dropsInputs
        ? [
            noteOf(
              'inputs',
              inputs.filter((each) => !keptInputs.includes(each)),
            ),
          ]
        : []),
      ...(dropsOutputs
        ? [
            noteOf(
              'outputs',
              outputs.filter((each) => !keptOutputs.includes(each)),
            ),
          ]
        : []),
    ],
  };
}

function noteOf(what: string, dropped: readonly OnnxValue[]): string {
  const names = dropped.map(({ name }) => quote(name)).join(', ');
  return `${what} ${names} dropped: Onward carries states and takes lengths itself`;
}

function neededFor(nodes: readonly OnnxNode[], outputs: readonly OnnxValue[]): OnnxNode[] {
  const needed = new Set(outputs.map(({ name }) => name));
  const kept = nodes.toReversed().filter((node) => {
    const isNeeded = node.outputs.some((name) => needed.has(name));
    if (isNeeded) for (const name of node.inputs) needed.add(name);
    return isNeeded;
  });
  return kept.toReversed();
}

function without(node: OnnxNode, names: ReadonlySet<string>): OnnxNode {
  return { ...node, inputs: node.inputs.map((name) => (names.has(name) ? '' : name)) };
}

/** Names that depend on an input and reach nothing but states and lengths. */
function carriedFrom(nodes: readonly OnnxNode[], inputs: readonly string[]): Set<string> {
  const reached = new Set(inputs);
  for (const node of nodes) {
    if (movesAxes.has(node.operator) && node.inputs.some((name) => reached.has(name))) {
      for (const output of node.outputs) reached.add(output);
    }
  }
  const elsewhere = new Set<string>();
  for (const node of nodes.toReversed()) {
    const isMoved = movesAxes.has(node.operator);
    const isUsed = !isMoved || node.outputs.some((name) => elsewhere.has(name));
    for (const [index, name] of node.inputs.entries()) {
      const isCarried = recurrent.has(node.operator) && carriedInputs.has(index);
      if (isUsed && !isCarried) elsewhere.add(name);
    }
  }
  const used = new Set(nodes.flatMap((node) => node.inputs));
  return new Set([...reached].filter((name) => used.has(name) && !elsewhere.has(name)));
}

/** Names of states after the last step, whatever axes they are given in. */
function statesOf(nodes: readonly OnnxNode[]): Set<string> {
  const states = new Set<string>();
  for (const node of nodes) {
    const isState = movesAxes.has(node.operator) && states.has(node.inputs[0] ?? '');
    if (isState) for (const output of node.outputs) states.add(output);
    if (recurrent.has(node.operator))
      for (const output of node.outputs.slice(1)) states.add(output);
  }
  states.delete('');
  return states;
}
