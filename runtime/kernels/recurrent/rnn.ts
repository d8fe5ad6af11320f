import type { CellKernel } from './cell-kernel.ts';
import { entryOf, quantizeHidden, tanhAt } from './gate-tables.ts';

// s = tanhOf(f32(vx + vh));  h = quantise(s)
// d = f32(dh * f32(1 - f32(s * s)))
export const rnn: CellKernel = {
  resetsCandidate: false,
  forward({ batch, hiddenSize, entries, states, hidden }, row, vx, vh) {
    const before = row * hiddenSize;
    const after = before + batch * hiddenSize;
    for (let j = 0; j < hiddenSize; j++) {
      const entry = entryOf(Math.fround(vx[j]! + vh[j]!));
      const s = tanhAt(entry);
      entries[before + j] = entry;
      states[after + j] = s;
      hidden[after + j] = quantizeHidden(s);
    }
  },
  backward({ hiddenSize, entries }, row, carried, n, { input }) {
    for (let j = 0; j < hiddenSize; j++) {
      const own = n * hiddenSize + j;
      const s = tanhAt(entries[row * hiddenSize + j]!);
      input[row * hiddenSize + j] = carried.hidden[own]! * Math.fround(1 - Math.fround(s * s));
      carried.hidden[own] = 0;
    }
  },
};
