// A learning rate that fits the model, from calibration samples without their labels: one over the curvature of the
// loss, and that from the size of gradients (LeCun, Simard and Pearlmutter, "Automatic learning rate maximization",
// 1993, take one over its largest eigenvalue), in proportion to the size of logits.
//
//   e_i    = 1 / C - onehot(y_i), y_i drawn evenly     error of logits that favour no class
//   G_i    = J_i^T e_i                                 gradient of all weights and biases that are trained
//   spread = max(1, mean over i of the deviation of logits from their mean over classes)
//   rate   = batch * min(3 * spread / (mean over i of |G_i|)^2, 1 / 16)
//
// Over y, the mean of |G|^2 is the trace of the Gauss-Newton matrix at an even softmax. The model's own softmax
// would not do: it is sure of calibration samples, and not of those of the user it will learn from. The mean of |G|
// makes less of the few samples with far larger gradients, which the clip of a lesson shortens.
// One over the curvature moves a logit by about 1. Where logits are hundreds apart that changes no label.
import type { Plan } from '#runtime';
import { InputError, inferShapes, sizeOf } from '#runtime';

import { lowbias32 } from './feedback/hash.ts';
import type { FloatArray } from './float/array.ts';
import { backpropagate } from './float/backpropagate.ts';
import { outputOf, runFloat } from './float/run.ts';
import type { PreparedModel } from './prepare.ts';

/**
 * Within a factor of three of a rate as good as any for onward, on the tuning users of six tasks of the benchmark; of a
 * seventh, wisdm, where two points lie between rates a hundred times apart, 21 times the best.
 */
const perSample = 3;
/** Beyond it the clip decides about most steps. */
const mostPerSample = 1 / 16;
/** Other thirty-two gave up to a third more or less. */
const mostSamples = 32;

/**
 * For the plan's batch and the modules that it trains, to two digits; always the same for the same samples. Positions
 * labelled -1 are left out, and labels matter in nothing else. `onProgress` counts samples.
 */
export function learningRateFor(
  prepared: Pick<PreparedModel, 'float' | 'modules' | 'samples' | 'labels' | 'classes'>,
  { rules, batchSize }: Pick<Plan, 'rules' | 'batchSize'>,
  onProgress?: (done: number, total: number) => void,
): number {
  const { float, modules, samples } = prepared;
  const size = sizeOf(float.graph.inputShape);
  const labelled = labelledSamples(prepared);
  const total = Math.min(labelled.length, mostSamples);
  let [length, spread] = [0, 0];
  for (let done = 0; done < total; done++) {
    const sample = labelled[Math.floor((done * labelled.length) / total)]!;
    const values = runFloat(float, samples.subarray(sample * size, (sample + 1) * size));
    const { error, judged, deviation } = evenError(prepared, outputOf(float, values), sample);
    onProgress?.(done + 1, total);
    const { parameterGradients } = backpropagate(float, values, error);
    let squares = 0;
    modules.forEach(({ from, to }, index) => {
      for (let node = from; node < to && rules[index] !== 'frozen'; node++) {
        const { weights = [], bias = [] } = parameterGradients.get(node) ?? {};
        squares += sumOfSquares(weights) + sumOfSquares(bias);
      }
    });
    length += Math.sqrt(squares / judged);
    spread += deviation;
  }
  const curvature = (length / total) ** 2 / Math.max(1, spread / total);
  const rate = Math.min(perSample / curvature, mostPerSample);
  return Number((batchSize * rate).toPrecision(2));
}

/** Samples with a position that is not labelled -1, in order. Throws InputError where there is none. */
function labelledSamples({
  float,
  samples,
  labels,
}: Pick<PreparedModel, 'float' | 'samples' | 'labels'>): number[] {
  const count = samples.length / sizeOf(float.graph.inputShape);
  const steps = labels.length / count;
  const found = Array.from({ length: count }, (_, sample) => sample).filter((sample) =>
    labels.slice(sample * steps, (sample + 1) * steps).some((label) => label !== -1),
  );
  if (found.length > 0) return found;
  throw new InputError(
    `calibration labels: expected some that are not -1, to choose a learning rate by, got none of ${labels.length}; ` +
      'label some, or say the learning rate',
  );
}

/** Of one sample's logits [steps, rows]: the error e at the judged steps, and the mean deviation there. */
function evenError(
  { labels, classes, float }: Pick<PreparedModel, 'labels' | 'classes' | 'float'>,
  logits: FloatArray,
  sample: number,
): { error: Float32Array; judged: number; deviation: number } {
  const [steps, , rows] = inferShapes(float.graph).at(-1)!;
  const error = new Float32Array(logits.length);
  let [judged, deviation] = [0, 0];
  for (let step = 0; step < steps; step++) {
    const position = sample * steps + step;
    if (labels[position] === -1) continue;
    const [from, to] = [step * rows, step * rows + classes];
    error.fill(1 / classes, from, to);
    error[from + (lowbias32(position) % classes)]! -= 1;
    deviation += deviationOf([...logits.subarray(from, to)]);
    judged++;
  }
  return { error, judged, deviation: deviation / judged };
}

/** Root of the mean square of what is above and below the mean. */
function deviationOf(numbers: readonly number[]): number {
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  return Math.sqrt(sumOfSquares(numbers.map((each) => each - mean)) / numbers.length);
}

function sumOfSquares(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]! ** 2;
  return sum;
}
