// State feedback: fitted at export to the true gradients of a calibration set, or drawn from a seed.
//   B_row = argmin sum over samples of (g_row - B_row e)^2 + lambda |B_row|^2
//         = (A + lambda I)^-1 sum of g_row e,  A = sum of e e^T,  lambda = 0.5 * mean diagonal of A
// (lambda was chosen on the tuning users' digits: 0.3 to 1 are alike, 0.01 is worse)
// The strongest entries of a row are kept and fitted again by themselves.
import type { Recurrence, StateFeedback } from '#runtime';

import type { BatchOptions } from '../float/batches.ts';
import type { FloatModel } from '../float/model.ts';
import { solveCholesky } from './cholesky.ts';
import { lowbias32, uniform } from './hash.ts';
import { int8Rows, sparsify } from './int8-feedback.ts';
import type { LabelledSamples } from './signals.ts';
import type { StateEvidence } from './state-evidence.ts';
import { gatherStateEvidence } from './state-evidence.ts';

export interface StateFeedbackOptions {
  /** `calibrated`, the default; `random` with the true gradients' size; or `none`. */
  readonly kind?: 'calibrated' | 'random' | 'none';
  /** Parts of the steps before the cut, each with a feedback of its own; default 5. */
  readonly segments?: number;
  /** Share of each row's entries kept; default 0.1. */
  readonly density?: number;
  /** Of the mean diagonal; default 0.5. */
  readonly lambda?: number;
  readonly seed?: number;
}

/** One for each of `nodes`, recurrent layers that learn by gates; none for kind `none`. */
export function makeStateFeedback(
  model: FloatModel,
  data: LabelledSamples,
  nodes: readonly number[],
  options: StateFeedbackOptions & {
    readonly recurrence: Recurrence;
    readonly batching?: BatchOptions;
  },
): StateFeedback[] {
  const { kind = 'calibrated', segments = 5, density = 0.1, lambda = 0.5, seed = 1 } = options;
  if (kind === 'none' || nodes.length === 0) return [];
  const { recurrence, batching = {} } = options;
  const made: StateFeedback[] = [];
  for (const evidence of gatherStateEvidence(model, data, nodes, {
    recurrence,
    segments,
    batching,
  })) {
    const matrix =
      kind === 'calibrated'
        ? fitted(evidence, { density, lambda })
        : drawn(evidence, { density, seed });
    const { node, hidden } = evidence;
    made.push({ node, segments, ...int8Rows(matrix, segments * hidden) });
  }
  return made;
}

function fitted(
  { states, gradients }: StateEvidence,
  { density, lambda }: { readonly density: number; readonly lambda: number },
): Float64Array {
  const width = states[0]!.length;
  const rows = gradients[0]!.length;
  const gram = new Float64Array(width * width);
  const moments = new Float64Array(rows * width);
  for (const [n, state] of states.entries()) {
    for (let i = 0; i < width; i++) {
      for (let k = 0; k < width; k++) gram[i * width + k]! += state[i]! * state[k]!;
      for (let row = 0; row < rows; row++) {
        moments[row * width + i]! += gradients[n]![row]! * state[i]!;
      }
    }
  }
  let trace = 0;
  for (let i = 0; i < width; i++) trace += gram[i * width + i]!;
  const matrix = new Float64Array(rows * width);
  if (trace === 0) return matrix;
  const everything = Array.from({ length: width }, (_, i) => i);
  const system = { gram, width, ridge: (lambda * trace) / width };
  for (let row = 0; row < rows; row++) {
    const moment = moments.subarray(row * width, (row + 1) * width);
    const own = matrix.subarray(row * width, (row + 1) * width);
    solveOn(everything, system, moment, own);
    sparsify(own, width, density);
    solveOn(
      everything.filter((i) => own[i] !== 0),
      system,
      moment,
      own,
    );
  }
  return matrix;
}

interface System {
  readonly gram: Float64Array;
  readonly width: number;
  readonly ridge: number;
}

/** Writes the solution on the entries of `support` into `row`. */
function solveOn(
  support: readonly number[],
  { gram, width, ridge }: System,
  moment: Float64Array,
  row: Float64Array,
): void {
  const size = support.length;
  const part = new Float64Array(size * size);
  const solution = new Float64Array(size);
  for (const [a, i] of support.entries()) {
    for (const [b, k] of support.entries()) part[a * size + b] = gram[i * width + k]!;
    part[a * size + a]! += ridge;
    solution[a] = moment[i]!;
  }
  solveCholesky(part, solution, { size });
  for (const [a, i] of support.entries()) row[i] = solution[a]!;
}

/** Uniform entries; each segment gives gradients of the size of the true ones. */
function drawn(
  { node, states, gradients, hidden, segments }: StateEvidence,
  { density, seed }: { readonly density: number; readonly seed: number },
): Float64Array {
  const width = states[0]!.length;
  const own = lowbias32(seed ^ lowbias32(node));
  const matrix = new Float64Array(segments * hidden * width).map((_, i) => uniform(own, i));
  sparsify(matrix, width, density);
  for (let segment = 0; segment < segments; segment++) {
    const [from, to] = [segment * hidden, (segment + 1) * hidden];
    let [wanted, made] = [0, 0];
    for (const [n, state] of states.entries()) {
      for (let row = from; row < to; row++) {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += matrix[row * width + i]! * state[i]!;
        made += sum * sum;
        wanted += gradients[n]![row]! ** 2;
      }
    }
    const gain = made === 0 ? 0 : Math.sqrt(wanted / made);
    for (let i = from * width; i < to * width; i++) matrix[i]! *= gain;
  }
  return matrix;
}
