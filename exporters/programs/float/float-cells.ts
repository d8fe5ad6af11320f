// The cells in float32. What they keep is in the order and units of CellStep.trace in recurrent/cell-program.ts, so
// that the same gradients take it as it is.
import type { CellName } from '#runtime';

import type { ProgramGraph } from '../program-graph.ts';
import { oneMinus } from '../recurrent/cell-program.ts';
import type { StepCall } from '../recurrent/cell-program.ts';

interface FloatStep {
  readonly state: string;
  readonly output: string;
  readonly trace: readonly string[];
}

type FloatCell = (graph: ProgramGraph, call: StepCall) => FloatStep;

export const floatCells: { readonly [Name in CellName]: FloatCell } = {
  // i, o, f = sigmoid(v), g = tanh(v);  s' = f s + i g;  y = o tanh(s')
  lstm(graph, { vx, vh, state, hiddenSize }) {
    const [sigmoids, candidate] = graph.split(graph.add(vx, vh), [3 * hiddenSize, hiddenSize]);
    const open = graph.node('Sigmoid', [sigmoids!]);
    const g = graph.node('Tanh', [candidate!]);
    const [i, o, f] = graph.split(open, [hiddenSize, hiddenSize, hiddenSize]);
    const next = graph.add(graph.multiply(f!, state), graph.multiply(i!, g));
    const q = graph.node('Tanh', [next]);
    return { state: next, output: graph.multiply(o!, q), trace: [graph.concat([open, g]), q] };
  },

  // z, r = sigmoid(v), n = tanh(vx + r vh);  s' = z s + (1 - z) n
  gru(graph, { vx, vh, state, hiddenSize }) {
    const sizes = [2 * hiddenSize, hiddenSize];
    const [xGates, xCandidate] = graph.split(vx, sizes);
    const [hGates, hCandidate] = graph.split(vh, sizes);
    const gates = graph.node('Sigmoid', [graph.add(xGates!, hGates!)]);
    const [z, r] = graph.split(gates, [hiddenSize, hiddenSize]);
    const n = graph.node('Tanh', [graph.add(xCandidate!, graph.multiply(r!, hCandidate!))]);
    const next = graph.add(graph.multiply(z!, state), graph.multiply(oneMinus(graph, z!), n));
    // In units of table entries, 512 to one.
    const entries = graph.multiply(hCandidate!, graph.scalar('float32', 512));
    return { state: next, output: next, trace: [gates, n, entries] };
  },

  // s' = tanh(v)
  rnn(graph, { vx, vh }) {
    const next = graph.node('Tanh', [graph.add(vx, vh)]);
    return { state: next, output: next, trace: [next] };
  },
};

/** Widths of what they keep, in hidden sizes. */
export const traceWidths: { readonly [Name in CellName]: readonly number[] } = {
  lstm: [4, 1],
  gru: [2, 1, 1],
  rnn: [1],
};
