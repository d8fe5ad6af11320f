// Recurrent layers in real numbers, double precision, one sample: naive loops that an integer kernel is
// compared with. The gradients are checked against finite differences in real-recurrent.test.ts.
import type { CellName } from '#runtime';

/** Real weights: w [rows, features], u [rows, hiddenSize], and a bias of each map. */
export interface RealRecurrent {
  readonly cell: CellName;
  readonly features: number;
  readonly hiddenSize: number;
  readonly w: Float64Array;
  readonly u: Float64Array;
  readonly b: Float64Array;
  readonly c: Float64Array;
}

/** The hidden state, and the cell state of an LSTM (else the same numbers). */
export interface RealState {
  readonly h: Float64Array;
  readonly s: Float64Array;
}

/** One step as it was computed. */
export interface RealStep {
  readonly t: number;
  readonly before: RealState;
  readonly after: RealState;
  readonly x: Float64Array;
  /** Squashed, in ONNX's order. */
  readonly gates: Float64Array;
  /** What U and c give, before squashing. */
  readonly fromHidden: Float64Array;
}

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

/** All steps of x, float64 [steps, features]. */
export function realSteps(layer: RealRecurrent, x: Float64Array, start: RealState): RealStep[] {
  const steps: RealStep[] = [];
  let before = start;
  for (let at = 0; at < x.length; at += layer.features) {
    const own = realStep(layer, x.slice(at, at + layer.features), before);
    const step = { ...own, t: steps.length };
    steps.push(step);
    before = step.after;
  }
  return steps;
}

function realStep(layer: RealRecurrent, x: Float64Array, before: RealState): Omit<RealStep, 't'> {
  const size = layer.hiddenSize;
  const fromInput = product(layer.w, x, layer.b);
  const fromHidden = product(layer.u, before.h, layer.c);
  const gates = fromInput.map((v, o) => v + fromHidden[o]!);
  const part = (k: number, f: (v: number) => number): Float64Array => {
    for (let o = k * size; o < (k + 1) * size; o++) gates[o] = f(gates[o]!);
    return gates.subarray(k * size, (k + 1) * size);
  };
  if (layer.cell === 'lstm') {
    const [i, o, f] = [part(0, sigmoid), part(1, sigmoid), part(2, sigmoid)];
    const g = part(3, Math.tanh);
    const s = before.s.map((own, j) => f[j]! * own + i[j]! * g[j]!);
    const h = s.map((own, j) => o[j]! * Math.tanh(own));
    return { before, after: { h, s }, x, gates, fromHidden };
  }
  if (layer.cell === 'gru') {
    const [z, r] = [part(0, sigmoid), part(1, sigmoid)];
    for (let j = 0; j < size; j++) {
      gates[2 * size + j] = fromInput[2 * size + j]! + r[j]! * fromHidden[2 * size + j]!;
    }
    const n = part(2, Math.tanh);
    const h = before.h.map((own, j) => z[j]! * own + (1 - z[j]!) * n[j]!);
    return { before, after: { h, s: h }, x, gates, fromHidden };
  }
  const h = part(0, Math.tanh).slice();
  return { before, after: { h, s: h }, x, gates, fromHidden };
}

function product(matrix: Float64Array, x: Float64Array, bias: Float64Array): Float64Array {
  return bias.map((own, o) => x.reduce((sum, v, i) => sum + matrix[o * x.length + i]! * v, own));
}

/** Gradients of the hidden state and, of an LSTM, of the cell state. */
export interface RealStateGradient {
  readonly dh: Float64Array;
  readonly ds: Float64Array;
}

export interface RealGradient {
  readonly w: Float64Array;
  readonly u: Float64Array;
  readonly b: Float64Array;
  readonly c: Float64Array;
  /** [steps, features]. */
  readonly x: Float64Array;
}

export function zeroGradient({ w, u, b, c, features }: RealRecurrent, steps: number): RealGradient {
  const [zeroW, zeroU, zeroB, zeroC] = [w, u, b, c].map(({ length }) => new Float64Array(length));
  return { w: zeroW!, u: zeroU!, b: zeroB!, c: zeroC!, x: new Float64Array(steps * features) };
}

/** Adds a step's part to `sum`; returns the gradient of the state before it. */
export function addStepGradient(
  layer: RealRecurrent,
  step: RealStep,
  { dh, ds }: RealStateGradient,
  sum: RealGradient,
): RealStateGradient {
  const { hiddenSize: size, features } = layer;
  const own = gateGradients(layer, step, { dh, ds });
  for (let o = 0; o < layer.b.length; o++) {
    sum.b[o]! += own.input[o]!;
    sum.c[o]! += own.hidden[o]!;
    for (let i = 0; i < features; i++) {
      sum.w[o * features + i]! += own.input[o]! * step.x[i]!;
      sum.x[step.t * features + i]! += own.input[o]! * layer.w[o * features + i]!;
    }
    for (let j = 0; j < size; j++) {
      sum.u[o * size + j]! += own.hidden[o]! * step.before.h[j]!;
      own.before.dh[j]! += own.hidden[o]! * layer.u[o * size + j]!;
    }
  }
  return own.before;
}

interface GateGradients {
  readonly input: Float64Array;
  readonly hidden: Float64Array;
  /** Without what goes through U. */
  readonly before: RealStateGradient;
}

function gateGradients(
  { cell, hiddenSize: size }: RealRecurrent,
  { gates, before, after, fromHidden }: RealStep,
  { dh, ds }: RealStateGradient,
): GateGradients {
  const input = new Float64Array(gates.length);
  const hidden = new Float64Array(gates.length);
  const [bh, bs] = [new Float64Array(size), new Float64Array(size)];
  const gate = (k: number, j: number): number => gates[k * size + j]!;
  for (let j = 0; j < size; j++) {
    const slope = (k: number): number => gate(k, j) * (1 - gate(k, j));
    const tanhSlope = (k: number): number => 1 - gate(k, j) ** 2;
    if (cell === 'lstm') {
      const q = Math.tanh(after.s[j]!);
      const dc = ds[j]! + dh[j]! * gate(1, j) * (1 - q * q);
      input[j] = dc * gate(3, j) * slope(0);
      input[size + j] = dh[j]! * q * slope(1);
      input[2 * size + j] = dc * before.s[j]! * slope(2);
      input[3 * size + j] = dc * gate(0, j) * tanhSlope(3);
      bs[j] = dc * gate(2, j);
      for (let k = 0; k < 4; k++) hidden[k * size + j] = input[k * size + j]!;
    } else if (cell === 'gru') {
      const dn = dh[j]! * (1 - gate(0, j)) * tanhSlope(2);
      input[j] = hidden[j] = dh[j]! * (before.h[j]! - gate(2, j)) * slope(0);
      input[size + j] = hidden[size + j] = dn * fromHidden[2 * size + j]! * slope(1);
      input[2 * size + j] = dn;
      hidden[2 * size + j] = dn * gate(1, j);
      bh[j] = dh[j]! * gate(0, j);
    } else {
      input[j] = hidden[j] = dh[j]! * tanhSlope(0);
    }
  }
  return { input, hidden, before: { dh: bh, ds: bs } };
}

/** Backpropagation through time from the gradient of the hidden state at every step, [steps, hiddenSize]. */
export function backpropagateThroughTime(
  layer: RealRecurrent,
  steps: readonly RealStep[],
  atOutputs: Float64Array,
): RealGradient {
  const sum = zeroGradient(layer, steps.length);
  const size = layer.hiddenSize;
  let carried = { dh: new Float64Array(size), ds: new Float64Array(size) } as RealStateGradient;
  for (let t = steps.length - 1; t >= 0; t--) {
    for (let j = 0; j < size; j++) carried.dh[j]! += atOutputs[t * size + j]!;
    carried = addStepGradient(layer, steps[t]!, carried, sum);
  }
  return sum;
}
