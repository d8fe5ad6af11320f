// A new class's row of the last layer, made from a few examples before any lesson. Features f are what
// the last layer reads, z_o = w_o f + b_o the other rows' logits, w0 the mean of their weights.
//
// With old examples: the least-squares penalised logistic regression "is it the new class?" of
//   p(f) = sigmoid(w f + b - log sum_o exp(z_o)),
// new and old examples each half of the weight, penalty / 2 |w - w0|^2, by gradient descent.
// Without: w = w0 + 0.6 r m / |m|, m the new examples' mean and r the mean length of w_o - w0; b so
// that the new class is on average 1.5 nats above the best other one on its own examples.

/** The rows in use, in real units. */
export interface HeadRow {
  readonly weights: Float64Array;
  readonly bias: number;
}

const [penalty, descents] = [0.05, 200];
const [reach, lead] = [0.6, 1.5];

/** `fresh` are the new class's features, at least one; `old` those of other classes, or none. */
export function imprintedRow(
  rows: readonly HeadRow[],
  fresh: readonly Float64Array[],
  old: readonly Float64Array[],
): HeadRow {
  const centre = meanOf(rows.map(({ weights }) => weights));
  return old.length > 0 ? regression(rows, centre, fresh, old) : towards(rows, centre, fresh);
}

function regression(
  rows: readonly HeadRow[],
  centre: Float64Array,
  fresh: readonly Float64Array[],
  old: readonly Float64Array[],
): HeadRow {
  const all = [...fresh, ...old];
  const others = all.map((f) => logSumExp(logitsOf(rows, f)));
  const share = (n: number): number => 0.5 / (n < fresh.length ? fresh : old).length;
  // The largest curvature is at most this, so that its inverse is a safe step.
  const curvature = all.reduce((sum, f, n) => sum + (share(n) * (dot(f, f) + 1)) / 4, penalty);
  const weights = centre.slice();
  let bias = 0;
  for (let descent = 0; descent < descents; descent++) {
    const gradient = weights.map((w, i) => penalty * (w - centre[i]!));
    let biasGradient = 0;
    all.forEach((f, n) => {
      const p = 1 / (1 + Math.exp(others[n]! - dot(weights, f) - bias));
      const error = share(n) * (p - (n < fresh.length ? 1 : 0));
      for (let i = 0; i < f.length; i++) gradient[i]! += error * f[i]!;
      biasGradient += error;
    });
    for (let i = 0; i < weights.length; i++) weights[i]! -= gradient[i]! / curvature;
    bias -= biasGradient / curvature;
  }
  return { weights, bias };
}

function towards(
  rows: readonly HeadRow[],
  centre: Float64Array,
  fresh: readonly Float64Array[],
): HeadRow {
  const mean = meanOf(fresh);
  const radius =
    rows.reduce((sum, { weights }) => sum + distance(weights, centre), 0) / rows.length;
  const scale = (reach * radius) / (Math.sqrt(dot(mean, mean)) || 1);
  const weights = centre.map((w, i) => w + scale * mean[i]!);
  const behind = fresh.map((f) => Math.max(...logitsOf(rows, f)) - dot(weights, f));
  return { weights, bias: lead + behind.reduce((sum, each) => sum + each, 0) / fresh.length };
}

function logitsOf(rows: readonly HeadRow[], feature: Float64Array): number[] {
  return rows.map(({ weights, bias }) => dot(weights, feature) + bias);
}

function logSumExp(logits: readonly number[]): number {
  const largest = Math.max(...logits);
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

function meanOf(vectors: readonly Float64Array[]): Float64Array {
  return vectors[0]!.map((_, i) => vectors.reduce((sum, v) => sum + v[i]!, 0) / vectors.length);
}

function distance(a: Float64Array, b: Float64Array): number {
  const difference = a.map((x, i) => x - b[i]!);
  return Math.sqrt(dot(difference, difference));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}
