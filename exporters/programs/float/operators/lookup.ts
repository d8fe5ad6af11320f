import type { Activation } from '#runtime';

import { float } from '../../../onnx/attribute.ts';
import type { ProgramGraph } from '../../program-graph.ts';
import { clampFloat, gateFloat } from '../float-clamp.ts';
import type { FloatOperatorProgram } from '../float-operator.ts';

interface FloatActivation {
  forward(graph: ProgramGraph, x: string, parameters: readonly number[]): string;
  /** From x, y and dy to dx. */
  backward(
    graph: ProgramGraph,
    values: { readonly x: string; readonly y: string; readonly dy: string },
    parameters: readonly number[],
  ): string;
}

// y = f(x);  dx = f'(x) dy
export const lookup: FloatOperatorProgram<'lookup'> = {
  forward: (graph, { attributes: { activation, parameters } }, [x]) =>
    activations[activation].forward(graph, x!, parameters),
  backward(graph, { attributes }, { inputs: [x], output: y, gradient: dy, wanted }) {
    if (!wanted[0]!) return [null];
    const { activation, parameters } = attributes;
    return [activations[activation].backward(graph, { x: x!, y, dy }, parameters)];
  },
};

const activations: { readonly [Name in Activation]: FloatActivation } = {
  // y = x where x >= 0, else alpha x
  leakyRelu: {
    forward: (graph, x, [alpha = 0.01]) =>
      graph.node('LeakyRelu', [x], { attributes: { alpha: float(alpha) } }),
    backward: (graph, { x, dy }, [alpha = 0.01]) =>
      graph.node('Where', [
        graph.node('Less', [x, scalar(graph, 0)]),
        graph.multiply(dy, scalar(graph, alpha)),
        dy,
      ]),
  },
  // y = x h,  h = min(1, max(0, x / 6 + 1/2));  y' = x / 3 + 1/2 within -3..3, 0 below, 1 above
  hardSwish: {
    forward: (graph, x) => graph.node('HardSwish', [x]),
    backward(graph, { x, dy }) {
      const inside = graph.add(graph.multiply(x, scalar(graph, 1 / 3)), scalar(graph, 0.5));
      const above = graph.cast(graph.node('Greater', [x, scalar(graph, 0)]), 'float32');
      const isInside = graph.node('Less', [graph.node('Abs', [x]), scalar(graph, 3)]);
      return graph.multiply(dy, graph.node('Where', [isInside, inside, above]));
    },
  },
  // y = min(1, max(0, alpha x + beta))
  hardSigmoid: {
    forward: (graph, x, [alpha = 0.2, beta = 0.5]) =>
      graph.node('HardSigmoid', [x], { attributes: { alpha: float(alpha), beta: float(beta) } }),
    backward(graph, { y, dy }, [alpha = 0.2]) {
      const scaled = graph.multiply(dy, scalar(graph, alpha));
      return gateFloat(graph, { gradient: scaled, output: y }, { minimum: 0, maximum: 1 });
    },
  },
  // y' = y (1 - y)
  sigmoid: {
    forward: (graph, x) => graph.node('Sigmoid', [x]),
    backward: (graph, { y, dy }) =>
      graph.multiply(dy, graph.multiply(y, graph.subtract(scalar(graph, 1), y))),
  },
  // y' = 1 - y^2
  tanh: {
    forward: (graph, x) => graph.node('Tanh', [x]),
    backward: (graph, { y, dy }) =>
      graph.multiply(dy, graph.subtract(scalar(graph, 1), graph.multiply(y, y))),
  },
  clamp: {
    forward: (graph, x, [minimum = -Infinity, maximum = Infinity]) =>
      clampFloat(graph, x, { minimum, maximum }),
    backward: (graph, { y, dy }, [minimum = -Infinity, maximum = Infinity]) =>
      gateFloat(graph, { gradient: dy, output: y }, { minimum, maximum }),
  },
};

function scalar(graph: ProgramGraph, value: number): string {
  return graph.scalar('float32', value);
}
