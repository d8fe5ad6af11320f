import type { ProgramGraph } from '../program-graph.ts';
import type { CellProgram } from './cell-program.ts';
import { sigmaSlope, tanhSlope } from './cell-program.ts';
import { squashOf, tableIndex, tanhOf, tanhOffset } from './gate-tables.ts';

// v = f32(vx + vh);  i, o, f = sigma[at(v)], g = tanhOf(v)
// s' = f32(f32(f * s) + f32(i * g));  q = tanhOf(f32(s' * 512));  y = f32(o * q)
// dc = f32(ds + f32(f32(dh * o) * f32(1 - f32(q * q))));  ds' = f32(dc * f)
// d_i, d_o, d_f, d_g = f32(f32(dc * g) * slope(i)), f32(f32(dh * q) * slope(o)), f32(f32(dc * s) * slope(f)), f32(f32(dc * i) * slope(g))
export const lstm: CellProgram = {
  /** Indices of the gates. */
  saved: [{ type: 'int16', width: 4 }],
  sharesGradient: true,

  step(graph, { vx, vh, state, hiddenSize }) {
    const offsets = graph.once(`gateOffsets:${hiddenSize}`, () =>
      graph.vector(
        `gateOffsets:${hiddenSize}`,
        Array.from({ length: 4 * hiddenSize }, (_, o) => (o < 3 * hiddenSize ? 0 : tanhOffset)),
      ),
    );
    const index = tableIndex(graph, graph.add(vx, vh), offsets);
    const { gates, output, next, q } = fromIndex(graph, { index, state, hiddenSize });
    return {
      state: next,
      output: graph.multiply(output, q),
      trace: [gates, q],
      saved: () => [graph.cast(index, 'int16')],
      keepIndex: () => graph.split(index, quarters(hiddenSize))[2]!,
    };
  },

  restore(graph, { saved: [index], before, hiddenSize }) {
    const whole = graph.cast(index!, 'int32');
    const { gates, q } = fromIndex(graph, { index: whole, state: before, hiddenSize });
    return [gates, q];
  },

  gradient(graph, { trace: [gates, q], before, hidden, state, hiddenSize }) {
    const [sigmas, g] = graph.split(gates!, [3 * hiddenSize, hiddenSize]) as [string, string];
    const [i, o, f] = graph.split(sigmas, quarters(hiddenSize).slice(1)) as [
      string,
      string,
      string,
    ];
    const slopes = graph.concat([sigmaSlope(graph, sigmas), tanhSlope(graph, g)]);
    const through = graph.multiply(graph.multiply(hidden, o), tanhSlope(graph, q!));
    const dc = graph.add(state, through);
    const each = graph.concat([dc, hidden, dc, dc]);
    const partners = graph.concat([g, q!, before, i]);
    const d = graph.multiply(graph.multiply(each, partners), slopes);
    return { input: d, hidden: d, carriedHidden: null, carriedState: graph.multiply(dc, f) };
  },
};

function fromIndex(
  graph: ProgramGraph,
  call: { readonly index: string; readonly state: string; readonly hiddenSize: number },
): { readonly gates: string; readonly output: string; readonly next: string; readonly q: string } {
  const gates = squashOf(graph, call.index);
  const [i, o, f, g] = graph.split(gates, quarters(call.hiddenSize)) as Four;
  const next = graph.add(graph.multiply(f, call.state), graph.multiply(i, g));
  const scaled = graph.multiply(next, graph.scalar('float32', 512));
  return { gates, output: o, next, q: tanhOf(graph, tableIndex(graph, scaled)) };
}

type Four = [string, string, string, string];

function quarters(hiddenSize: number): number[] {
  return [hiddenSize, hiddenSize, hiddenSize, hiddenSize];
}
