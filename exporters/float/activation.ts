// The functions a lookup may hold, as ONNX defines them, with their derivatives in float64.
import type { Activation, OperatorAttributes } from '#runtime';

interface ScalarFunction {
  readonly value: (x: number) => number;
  readonly slope: (x: number) => number;
}

/** Parameters that ONNX leaves out take ONNX's defaults. */
export function activationOf({
  activation,
  parameters,
}: OperatorAttributes['lookup']): ScalarFunction {
  return activations[activation](parameters);
}

const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));
const isBetween = (x: number, low: number, high: number): boolean => x > low && x < high;

const activations: {
  readonly [Name in Activation]: (parameters: readonly number[]) => ScalarFunction;
} = {
  // y = x where x >= 0, else alpha x
  leakyRelu: ([alpha = 0.01]) => ({
    value: (x) => (x < 0 ? alpha * x : x),
    slope: (x) => (x < 0 ? alpha : 1),
  }),
  // y = x h,  h = min(1, max(0, x / 6 + 1/2));  y' = h + x h'
  hardSwish: () => ({
    value: (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5)),
    slope: (x) => {
      if (x <= -3) return 0;
      return x >= 3 ? 1 : x / 3 + 0.5;
    },
  }),
  // y = min(1, max(0, alpha x + beta))
  hardSigmoid: ([alpha = 0.2, beta = 0.5]) => ({
    value: (x) => Math.min(1, Math.max(0, alpha * x + beta)),
    slope: (x) => (isBetween(alpha * x + beta, 0, 1) ? alpha : 0),
  }),
  // y = 1 / (1 + exp(-x));  y' = y (1 - y)
  sigmoid: () => ({
    value: sigmoidOf,
    slope: (x) => sigmoidOf(x) * sigmoidOf(-x),
  }),
  // y' = 1 - y^2
  tanh: () => ({
    value: Math.tanh,
    slope: (x) => 1 - Math.tanh(x) ** 2,
  }),
  // y = min(maximum, max(minimum, x))
  clamp: ([minimum = -Infinity, maximum = Infinity]) => ({
    value: (x) => Math.min(maximum, Math.max(minimum, x)),
    slope: (x) => (isBetween(x, minimum, maximum) ? 1 : 0),
  }),
};
