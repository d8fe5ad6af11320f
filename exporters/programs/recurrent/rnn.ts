import type { CellProgram } from './cell-program.ts';
import { tanhSlope } from './cell-program.ts';
import { tableIndex, tanhOf } from './gate-tables.ts';

// s' = y = tanhOf(f32(vx + vh));  d = f32(dh * f32(1 - f32(s' * s')))
export const rnn: CellProgram = {
  /** s'. */
  traceWidths: [1],

  step(graph, { vx, vh }) {
    const next = tanhOf(graph, tableIndex(graph, graph.add(vx, vh)));
    return { state: next, output: next, trace: [next], keepIndex: null };
  },

  factors: (graph, { trace: [next] }) => ({ values: [tanhSlope(graph, next!)], widths: [1] }),

  gradient(graph, { factors: [slope], hidden }) {
    const d = graph.multiply(hidden, slope!);
    return { input: d, hidden: d, carriedHidden: null, carriedState: null };
  },
};
