import type { CellProgram } from './cell-program.ts';
import { oneMinus, sigmaSlope, tanhSlope } from './cell-program.ts';
import { sigmaOf, tableIndex, tanhOf } from './gate-tables.ts';

// z, r = sigma[at(f32(vx + vh))];  n = tanhOf(f32(vx + f32(r * vh)))
// s' = y = f32(f32(z * s) + f32(f32(1 - z) * n))
// d_z = f32(f32(dh * f32(s - n)) * slope(z));  d_n = f32(f32(dh * f32(1 - z)) * slope(n))
// d_r = f32(f32(d_n * f32(vh_n * 2^-9)) * slope(r));  for U the n rows take f32(d_n * r);  dh' = f32(dh * z), and what U brings
export const gru: CellProgram = {
  /** z and r, n, and vh of n. */
  traceWidths: [2, 1, 1],

  step(graph, { vx, vh, state, hiddenSize }) {
    const [xGates, xCandidate] = graph.split(vx, [2 * hiddenSize, hiddenSize]) as [string, string];
    const [hGates, hCandidate] = graph.split(vh, [2 * hiddenSize, hiddenSize]) as [string, string];
    const index = tableIndex(graph, graph.add(xGates, hGates));
    const gates = sigmaOf(graph, index);
    const [z, r] = graph.split(gates, [hiddenSize, hiddenSize]) as [string, string];
    const v = graph.add(xCandidate, graph.multiply(r, hCandidate));
    const n = tanhOf(graph, tableIndex(graph, v));
    const next = graph.add(graph.multiply(z, state), graph.multiply(oneMinus(graph, z), n));
    return {
      state: next,
      output: next,
      trace: [gates, n, hCandidate],
      keepIndex: () => graph.split(index, [hiddenSize, hiddenSize])[0]!,
    };
  },

  factors(graph, { trace: [gates, n, candidate], before, hiddenSize }) {
    const [z, r] = graph.split(gates!, [hiddenSize, hiddenSize]) as [string, string];
    return {
      values: [
        graph.multiply(candidate!, graph.scalar('float32', 2 ** -9)),
        graph.subtract(before, n!),
        sigmaSlope(graph, z),
        oneMinus(graph, z),
        tanhSlope(graph, n!),
        sigmaSlope(graph, r),
        r,
        z,
      ],
      widths: [1, 1, 1, 1, 1, 1, 1, 1],
    };
  },

  gradient(graph, { factors, hidden }) {
    const [candidate, change, zSlope, open, nSlope, rSlope, r, z] = factors as Eight;
    const dz = graph.multiply(graph.multiply(hidden, change), zSlope);
    const dn = graph.multiply(graph.multiply(hidden, open), nSlope);
    const dr = graph.multiply(graph.multiply(dn, candidate), rSlope);
    return {
      input: graph.concat([dz, dr, dn]),
      hidden: graph.concat([dz, dr, graph.multiply(dn, r)]),
      carriedHidden: graph.multiply(hidden, z),
      carriedState: null,
    };
  },
};

type Eight = [string, string, string, string, string, string, string, string];
