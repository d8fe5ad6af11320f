import type { CellProgram } from './cell-program.ts';
import { tanhSlope } from './cell-program.ts';
import { tableIndex, tanhOf } from './gate-tables.ts';

// s' = y = tanhOf(f32(vx + vh));  d = f32(dh * f32(1 - f32(s' * s')))
export const rnn: CellProgram = {
  /** The index of s'. */
  saved: [{ type: 'int16', width: 1 }],
  sharesGradient: true,

  step(graph, { vx, vh }) {
    const index = tableIndex(graph, graph.add(vx, vh));
    const next = tanhOf(graph, index);
    return {
      state: next,
      output: next,
      trace: [next],
      saved: () => [graph.cast(index, 'int16')],
      keepIndex: null,
    };
  },

  restore: (graph, { saved: [index] }) => [tanhOf(graph, graph.cast(index!, 'int32'))],

  gradient(graph, { trace: [next], hidden }) {
    const d = graph.multiply(hidden, tanhSlope(graph, next!));
    return { input: d, hidden: d, carriedHidden: null, carriedState: null };
  },
};
