// One step of a recurrent layer backwards: from the gradients at its hidden and carried state to those at
// its sums, as W and as U take them. docs/numerics.md "Recurrent layers" in real numbers.
import type { CellName } from '#runtime';

import type { RecurrentTrace } from './trace.ts';

/** [samples, padded] each, of the step under way. */
export interface StepGradients {
  /** At h[t]; read. */
  readonly dh: Float64Array;
  /** At s[t], as the step after it left it; becomes that at s[t-1]. Of an LSTM only. */
  readonly ds: Float64Array;
  /** At W x + b and at U h + c, [samples, paddedRows]; written. */
  readonly d: Float64Array;
  readonly du: Float64Array;
  /** What reaches h[t-1] past the sums; written. */
  readonly past: Float64Array;
}

export function stepGradient(trace: RecurrentTrace, t: number, gradients: StepGradients): void {
  const { batch, samples, paddedRows, paddedHidden } = trace.sizes;
  const of = stepGradients[trace.cell];
  for (let n = 0; n < batch; n++) {
    of(trace, gradients, {
      row: n * paddedRows,
      gates: (t * samples + n) * paddedRows,
      own: n * paddedHidden,
      before: (t * samples + n) * paddedHidden,
      after: ((t + 1) * samples + n) * paddedHidden,
    });
  }
}

/** Where a sample's numbers begin: in the step's gradients, and in the trace. */
interface Places {
  readonly row: number;
  readonly gates: number;
  readonly own: number;
  readonly before: number;
  readonly after: number;
}

type SampleGradient = (trace: RecurrentTrace, gradients: StepGradients, at: Places) => void;

const stepGradients: { readonly [Name in CellName]: SampleGradient } = {
  lstm({ sizes: { hidden }, gates, s }, { dh, ds, d, du }, at) {
    for (let j = 0; j < hidden; j++) {
      const i = gates[at.gates + j]!;
      const o = gates[at.gates + hidden + j]!;
      const f = gates[at.gates + 2 * hidden + j]!;
      const g = gates[at.gates + 3 * hidden + j]!;
      const q = Math.tanh(s[at.after + j]!);
      const gradient = dh[at.own + j]!;
      const dc = ds[at.own + j]! + gradient * o * (1 - q * q);
      d[at.row + j] = dc * g * i * (1 - i);
      d[at.row + hidden + j] = gradient * q * o * (1 - o);
      d[at.row + 2 * hidden + j] = dc * s[at.before + j]! * f * (1 - f);
      d[at.row + 3 * hidden + j] = dc * i * (1 - g * g);
      ds[at.own + j] = dc * f;
    }
    du.set(d.subarray(at.row, at.row + 4 * hidden), at.row);
  },
  gru({ sizes: { hidden }, gates, s, vh }, { dh, d, du, past }, at) {
    for (let j = 0; j < hidden; j++) {
      const z = gates[at.gates + j]!;
      const r = gates[at.gates + hidden + j]!;
      const n = gates[at.gates + 2 * hidden + j]!;
      const gradient = dh[at.own + j]!;
      const dn = gradient * (1 - z) * (1 - n * n);
      const dz = gradient * (s[at.before + j]! - n) * z * (1 - z);
      const dr = dn * vh[at.gates + 2 * hidden + j]! * r * (1 - r);
      du[at.row + j] = d[at.row + j] = dz;
      du[at.row + hidden + j] = d[at.row + hidden + j] = dr;
      d[at.row + 2 * hidden + j] = dn;
      du[at.row + 2 * hidden + j] = dn * r;
      past[at.own + j] = gradient * z;
    }
  },
  rnn({ sizes: { hidden }, s }, { dh, d, du }, at) {
    for (let j = 0; j < hidden; j++) {
      const y = s[at.after + j]!;
      du[at.row + j] = d[at.row + j] = dh[at.own + j]! * (1 - y * y);
    }
  },
};
