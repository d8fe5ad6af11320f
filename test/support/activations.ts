// Element-wise functions of random models, with their slopes and the ONNX parameters they stand for.
interface ActivationFunction {
  readonly parameters: readonly number[];
  readonly value: (x: number) => number;
  readonly slope: (x: number) => number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const hardSigmoid = (x: number): number => Math.max(0, Math.min(1, 0.2 * x + 0.5));

export const activations = {
  leakyRelu: {
    parameters: [0.1],
    value: (x) => (x < 0 ? 0.1 * x : x),
    slope: (x) => (x < 0 ? 0.1 : 1),
  },
  hardSigmoid: {
    parameters: [0.2, 0.5],
    value: hardSigmoid,
    slope: (x) => (Math.abs(x) < 2.5 ? 0.2 : 0),
  },
  sigmoid: {
    parameters: [],
    value: sigmoid,
    slope: (x) => sigmoid(x) * (1 - sigmoid(x)),
  },
  tanh: { parameters: [], value: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
} as const satisfies Record<string, ActivationFunction>;
