import type { CellKernel } from './cell-kernel.ts';
import { entryOf, quantizeHidden, sigmaTable, tanhAt } from './gate-tables.ts';

// v = f32(vx + vh);  i, o, f = sigmaTable[at(v)], g = tanhOf(v)
// s = f32(f32(f * s[t-1]) + f32(i * g));  y = f32(o * tanhOf(f32(s * 512)));  h = quantise(y)
// q = tanhOf(f32(s * 512));  dc = f32(ds + f32(f32(dh * o) * f32(1 - f32(q * q))))
// d_i = f32(f32(dc * g) * f32(i * f32(1 - i)));  d_o = f32(f32(dh * q) * f32(o * f32(1 - o)))
// d_f = f32(f32(dc * s[t-1]) * f32(f * f32(1 - f)));  d_g = f32(f32(dc * i) * f32(1 - f32(g * g)));  ds = f32(dc * f)
export const lstm: CellKernel = {
  resetsCandidate: false,
  forward({ batch, hiddenSize, entries, states, hidden }, row, vx, vh) {
    const gates = row * 4 * hiddenSize;
    const before = row * hiddenSize;
    const after = before + batch * hiddenSize;
    for (let j = 0; j < hiddenSize; j++) {
      for (let v = j; v < 4 * hiddenSize; v += hiddenSize) {
        entries[gates + v] = entryOf(Math.fround(vx[v]! + vh[v]!));
      }
      const at = gates + j;
      const i = sigmaTable[entries[at]!]!;
      const o = sigmaTable[entries[at + hiddenSize]!]!;
      const f = sigmaTable[entries[at + 2 * hiddenSize]!]!;
      const g = tanhAt(entries[at + 3 * hiddenSize]!);
      const s = Math.fround(Math.fround(f * states[before + j]!) + Math.fround(i * g));
      states[after + j] = s;
      hidden[after + j] = quantizeHidden(Math.fround(o * tanhAt(entryOf(Math.fround(s * 512)))));
    }
  },
  backward({ batch, hiddenSize, entries, states }, row, carried, n, { input }) {
    const first = row * 4 * hiddenSize;
    const before = row * hiddenSize;
    const after = before + batch * hiddenSize;
    for (let j = 0; j < hiddenSize; j++) {
      const at = first + j;
      const own = n * hiddenSize + j;
      const i = sigmaTable[entries[at]!]!;
      const o = sigmaTable[entries[at + hiddenSize]!]!;
      const f = sigmaTable[entries[at + 2 * hiddenSize]!]!;
      const g = tanhAt(entries[at + 3 * hiddenSize]!);
      const q = tanhAt(entryOf(Math.fround(states[after + j]! * 512)));
      const dh = carried.hidden[own]!;
      const through = Math.fround(Math.fround(dh * o) * Math.fround(1 - Math.fround(q * q)));
      const dc = Math.fround(carried.state[own]! + through);
      input[at] = Math.fround(dc * g) * slope(i);
      input[at + hiddenSize] = Math.fround(dh * q) * slope(o);
      input[at + 2 * hiddenSize] = Math.fround(dc * states[before + j]!) * slope(f);
      input[at + 3 * hiddenSize] = Math.fround(dc * i) * Math.fround(1 - Math.fround(g * g));
      carried.state[own] = dc * f;
      carried.hidden[own] = 0;
    }
  },
};

/** Of a sigmoid, by its value. */
function slope(gate: number): number {
  return Math.fround(gate * Math.fround(1 - gate));
}
