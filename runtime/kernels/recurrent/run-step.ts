// One time step of a batch: both linear maps, then the cell.
import { multiplyRows } from '../window-sums.ts';
import type { RecurrentLayer } from './recurrent-layer.ts';
import type { Trace } from './trace.ts';

/** A batch of sequences on its way through a layer. */
export interface SequenceRun {
  readonly layer: RecurrentLayer;
  readonly batch: number;
  /** uint8 [batch, steps, features]. */
  readonly input: Uint8Array;
  /** Of each sample; positions before it leave the state as it is. */
  readonly first: Int32Array;
  readonly scratch: StepScratch;
}

/** What a step needs for a moment, made once. */
interface StepScratch {
  readonly inputColumn: Int32Array;
  readonly hiddenColumn: Int32Array;
  readonly sums: Int32Array;
  readonly vx: Float32Array;
  readonly vh: Float32Array;
}

export function runOf(
  layer: RecurrentLayer,
  input: Uint8Array,
  batch: number,
  first: Int32Array,
): SequenceRun {
  const { features, hiddenSize, rows } = layer;
  const scratch = {
    inputColumn: new Int32Array(features),
    hiddenColumn: new Int32Array(hiddenSize),
    sums: new Int32Array(rows),
    vx: new Float32Array(rows),
    vh: new Float32Array(rows),
  };
  return { layer, batch, input, first, scratch };
}

/** Where step t reads and writes: reverse layers count from the end. */
export function positionOf({ reverse, steps }: RecurrentLayer, t: number): number {
  return reverse ? steps - 1 - t : t;
}

// ax[o] = b[o] + sum over c of w[o, c] (x[t, c] - z_x);  vx = f32(f32(ax) * mx[o])
// ah[o] = c[o] + sum over j of u[o, j] (h[t-1, j] - 128);  vh = f32(f32(ah) * mh[o])
/** Runs step t from row [slot] of the trace to row [slot + 1]. */
export function runStep(run: SequenceRun, trace: Trace, t: number, slot: number): void {
  const { layer, batch, input, first, scratch } = run;
  const { hiddenSize, features, maps } = layer;
  const position = positionOf(layer, t);
  for (let n = 0; n < batch; n++) {
    const row = slot * batch + n;
    if (position < first[n]!) {
      passState(trace, row);
      continue;
    }
    const x = (n * layer.steps + position) * features;
    const { inputColumn, hiddenColumn, sums, vx, vh } = scratch;
    for (let c = 0; c < features; c++) inputColumn[c] = input[x + c]! - layer.inputZeroPoint;
    for (let j = 0; j < hiddenSize; j++) {
      hiddenColumn[j] = trace.hidden[row * hiddenSize + j]! - 128;
    }
    multiplyRows(maps.input.weights, inputColumn, sums);
    toEntries(sums, maps.input.bias, layer.inputMultipliers, vx);
    multiplyRows(maps.hidden.weights, hiddenColumn, sums);
    toEntries(sums, maps.hidden.bias, layer.hiddenMultipliers, vh);
    layer.kernel.forward(trace, row, vx, vh);
  }
}

function toEntries(
  sums: Int32Array,
  bias: Int32Array,
  multipliers: Float32Array,
  result: Float32Array,
): void {
  for (let o = 0; o < result.length; o++) {
    result[o] = Math.fround((sums[o]! + bias[o]!) | 0) * multipliers[o]!;
  }
}

function passState({ batch, hiddenSize, states, hidden }: Trace, row: number): void {
  const from = row * hiddenSize;
  const to = from + batch * hiddenSize;
  states.copyWithin(to, from, from + hiddenSize);
  hidden.copyWithin(to, from, from + hiddenSize);
}
