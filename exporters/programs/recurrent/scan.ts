// A loop over time as ONNX Scan: a subgraph runs once for each slice of its inputs along one axis.
import type { ElementType } from '../../onnx/element-type.ts';
import type { Dimensions } from '../../onnx/graph-builder.ts';
import type { ProgramGraph } from '../program-graph.ts';

/** A value of the loop's body. */
export interface BodyValue {
  readonly value: string;
  readonly type: ElementType;
  /** At one step. */
  readonly dimensions: Dimensions;
  /** Names what the loop makes of it: a state's last value, an output of all steps. */
  readonly result?: string;
}

export interface ScanCall {
  /** Of the loop; its body's inputs are named after it. */
  readonly name: string;
  /** What goes from step to step, from these values on. */
  readonly states: readonly BodyValue[];
  /** One slice a step; `value` has the time axis in addition. */
  readonly inputs: readonly BodyValue[];
  /** Of time, in inputs and outputs. */
  readonly axis: 0 | 1;
  /** From the last step to the first; outputs are in the order of the inputs all the same. */
  readonly reverse: boolean;
  /** Adds a step. Gets the names of its states and inputs, in the order given. */
  readonly step: (states: readonly string[], inputs: readonly string[]) => ScanStep;
}

export interface ScanStep {
  /** In the order of the states, of the same types. */
  readonly states: readonly string[];
  readonly outputs: readonly BodyValue[];
}

/** Returns the last states, and each output of all steps. */
export function addScan(
  graph: ProgramGraph,
  { name, states, inputs, axis, reverse, step }: ScanCall,
): { readonly states: readonly string[]; readonly outputs: readonly string[] } {
  let all: readonly BodyValue[] = [];
  const direction = reverse ? 1 : 0;
  const body = graph.subgraph(name, () => {
    const own = [...states, ...inputs].map(({ type, dimensions }, index) =>
      graph.input(`${name}/${index}`, type, dimensions),
    );
    const { states: next, outputs } = step(own.slice(0, states.length), own.slice(states.length));
    all = outputs;
    const made = [...states.map((state, index) => ({ ...state, value: next[index]! })), ...outputs];
    const handed = new Set(own);
    for (const { value, type, dimensions } of made) {
      // An output is to be a value that the body makes, and no other output.
      const isNew = graph.makes(value) && !handed.has(value);
      handed.add(value);
      graph.output(isNew ? value : graph.node('Identity', [value]), type, dimensions);
    }
  });
  const results = graph.nodeWithOutputs(
    'Scan',
    [...states, ...inputs].map(({ value }) => value),
    [
      ...states.map(({ result }) => result ?? graph.newName(`${name}/last`)),
      ...all.map(({ result }) => result ?? graph.newName(`${name}/all`)),
    ],
    {
      attributes: {
        body,
        num_scan_inputs: inputs.length,
        scan_input_axes: repeat(inputs.length, axis),
        scan_input_directions: repeat(inputs.length, direction),
        scan_output_axes: repeat(all.length, axis),
        scan_output_directions: repeat(all.length, direction),
      },
    },
  );
  return { states: results.slice(0, states.length), outputs: results.slice(states.length) };
}

function repeat(count: number, value: number): number[] {
  return Array.from({ length: count }, () => value);
}
