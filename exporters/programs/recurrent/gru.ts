import type { CellProgram } from './cell-program.ts';
import { oneMinus, sigmaSlope, tanhSlope } from './cell-program.ts';
import { sigmaOf, tableIndex, tanhOf } from './gate-tables.ts';

// z, r = sigma[at(f32(vx + vh))];  n = tanhOf(f32(vx + f32(r * vh)))
// s' = y = f32(f32(z * s) + f32(f32(1 - z) * n))
// d_z = f32(f32(dh * f32(s - n)) * slope(z));  d_n = f32(f32(dh * f32(1 - z)) * slope(n))
// d_r = f32(f32(d_n * f32(vh_n * 2^-9)) * slope(r));  for U the n rows take f32(d_n * r);  dh' = f32(dh * z), and what U brings
export const gru: CellProgram = {
  /** Indices of z and r, and of n; vh of n. */
  saved: [
    { type: 'int16', width: 2 },
    { type: 'int16', width: 1 },
    { type: 'float32', width: 1 },
  ],
  sharesGradient: false,

  step(graph, { vx, vh, state, hiddenSize }) {
    const [xGates, xCandidate] = graph.split(vx, [2 * hiddenSize, hiddenSize]) as [string, string];
    const [hGates, hCandidate] = graph.split(vh, [2 * hiddenSize, hiddenSize]) as [string, string];
    const index = tableIndex(graph, graph.add(xGates, hGates));
    const gates = sigmaOf(graph, index);
    const [z, r] = graph.split(gates, [hiddenSize, hiddenSize]) as [string, string];
    const v = graph.add(xCandidate, graph.multiply(r, hCandidate));
    const ofCandidate = tableIndex(graph, v);
    const n = tanhOf(graph, ofCandidate);
    const next = graph.add(graph.multiply(z, state), graph.multiply(oneMinus(graph, z), n));
    return {
      state: next,
      output: next,
      trace: [gates, n, hCandidate],
      saved: () => [graph.cast(index, 'int16'), graph.cast(ofCandidate, 'int16'), hCandidate],
      keepIndex: () => graph.split(index, [hiddenSize, hiddenSize])[0]!,
    };
  },

  restore(graph, { saved: [index, ofCandidate, hCandidate] }) {
    const gates = sigmaOf(graph, graph.cast(index!, 'int32'));
    return [gates, tanhOf(graph, graph.cast(ofCandidate!, 'int32')), hCandidate!];
  },

  gradient(graph, { trace: [gates, n, candidate], before, hidden, hiddenSize }) {
    const [z, r] = graph.split(gates!, [hiddenSize, hiddenSize]) as [string, string];
    const slopes = sigmaSlope(graph, gates!);
    const [zSlope, rSlope] = graph.split(slopes, [hiddenSize, hiddenSize]) as [string, string];
    const dz = graph.multiply(graph.multiply(hidden, graph.subtract(before, n!)), zSlope);
    const open = graph.multiply(hidden, oneMinus(graph, z));
    const dn = graph.multiply(open, tanhSlope(graph, n!));
    const real = graph.multiply(candidate!, graph.scalar('float32', 2 ** -9));
    const dr = graph.multiply(graph.multiply(dn, real), rSlope);
    return {
      input: graph.concat([dz, dr, dn]),
      hidden: graph.concat([dz, dr, graph.multiply(dn, r)]),
      carriedHidden: graph.multiply(hidden, z),
      carriedState: null,
    };
  },
};
