import type { CellKernel } from './cell-kernel.ts';
import { entryOf, quantizeHidden, sigmaTable, tanhAt } from './gate-tables.ts';

// z, r = sigmaTable[at(f32(vx + vh))];  n = tanhOf(f32(vx + f32(r * vh)))
// s = f32(f32(z * s[t-1]) + f32(f32(1 - z) * n));  h = quantise(s)
// d_z = f32(f32(dh * f32(s[t-1] - n)) * f32(z * f32(1 - z)));  d_n = f32(f32(dh * f32(1 - z)) * f32(1 - f32(n * n)))
// d_r = f32(f32(d_n * f32(vh_n * 2^-9)) * f32(r * f32(1 - r)));  for U the n rows take f32(d_n * r);  dh = f32(dh * z)
export const gru: CellKernel = {
  resetsCandidate: true,
  forward({ batch, hiddenSize, entries, candidates, states, hidden }, row, vx, vh) {
    const gates = row * 3 * hiddenSize;
    const before = row * hiddenSize;
    const after = before + batch * hiddenSize;
    for (let j = 0; j < hiddenSize; j++) {
      const jr = j + hiddenSize;
      const jn = jr + hiddenSize;
      const zEntry = entryOf(Math.fround(vx[j]! + vh[j]!));
      const rEntry = entryOf(Math.fround(vx[jr]! + vh[jr]!));
      const z = sigmaTable[zEntry]!;
      const r = sigmaTable[rEntry]!;
      const nEntry = entryOf(Math.fround(vx[jn]! + Math.fround(r * vh[jn]!)));
      entries[gates + j] = zEntry;
      entries[gates + jr] = rEntry;
      entries[gates + jn] = nEntry;
      candidates[before + j] = vh[jn]!;
      const kept = Math.fround(z * states[before + j]!);
      const s = Math.fround(kept + Math.fround(Math.fround(1 - z) * tanhAt(nEntry)));
      states[after + j] = s;
      hidden[after + j] = quantizeHidden(s);
    }
  },
  backward({ hiddenSize, entries, candidates, states }, row, carried, sample, gates) {
    const first = row * 3 * hiddenSize;
    const before = row * hiddenSize;
    for (let j = 0; j < hiddenSize; j++) {
      const atZ = first + j;
      const atR = atZ + hiddenSize;
      const atN = atR + hiddenSize;
      const own = sample * hiddenSize + j;
      const z = sigmaTable[entries[atZ]!]!;
      const r = sigmaTable[entries[atR]!]!;
      const n = tanhAt(entries[atN]!);
      const dh = carried.hidden[own]!;
      const open = Math.fround(1 - z);
      const dz = Math.fround(dh * Math.fround(states[before + j]! - n)) * Math.fround(z * open);
      const dn = Math.fround(Math.fround(dh * open) * Math.fround(1 - Math.fround(n * n)));
      const candidate = Math.fround(candidates[before + j]! * 2 ** -9);
      const dr = Math.fround(dn * candidate) * Math.fround(r * Math.fround(1 - r));
      gates.input[atZ] = gates.hidden[atZ] = dz;
      gates.input[atR] = gates.hidden[atR] = dr;
      gates.input[atN] = dn;
      gates.hidden[atN] = dn * r;
      carried.hidden[own] = dh * z;
    }
  },
};
