// How far each row of each layer moves per unit of its integer gradient. What differs between layers
// is computed for all of them at once: programs of small layers cost what their nodes cost.
import { layerNorms } from '#runtime';
import type { LayerParameters } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';

/** A linear map with its gradient: a layer's, or one of a recurrent layer's two. */
export interface UpdatedMap {
  /** `<node>`, or `<node>/<part>`: names inputs and outputs. */
  readonly name: string;
  /** As exported. */
  readonly parameters: LayerParameters;
  readonly inputScale: number;
  readonly weightLimit: number;
  /** As they are now: int8 [o, weights per output], int32 [o]. */
  readonly weights: string;
  readonly bias: string;
  readonly gradient: MapGradient;
}

/** Real gradients are errorScale * inputScale * weights and errorScale * bias. */
export interface MapGradient {
  /** Both integers, int32, or both sums of real errors, float32. */
  readonly type: 'int32' | 'float32';
  /** [o, weights per output]. */
  readonly weights: string;
  /** [o]. */
  readonly bias: string;
  /** A float32 scalar. */
  readonly errorScale: string;
}

export interface RowSteps {
  /** float32 [o] by layer: r[o] = f32(step * f32(1 / s_w[o])). */
  readonly weights: readonly string[];
  /** float32 [o of all layers]: r_b[o] = f32(step_b * f32(1 / f32(s_x * s_w[o]))). */
  readonly bias: string;
}

/**
 * All zero where `isFinite`, a bool scalar, is false. Adds the input `rates`: float32 rate, clip, ratio.
 */
export function addRowSteps(
  graph: ProgramGraph,
  layers: readonly UpdatedMap[],
  isFinite: string,
): RowSteps {
  const limited = clippedSteps(graph, layers);
  const steps = graph.node('Where', [isFinite, limited, graph.scalar('float32', 0)]);
  const rows = layers.map(({ parameters }) => parameters.weightScales.length);
  const owner = [0, layers.length].flatMap((first) =>
    rows.flatMap((count, layer) => Array.from({ length: count }, () => first + layer)),
  );
  const inverse = [
    ...layers.flatMap(({ parameters }) => inverseScales(parameters, 1)),
    ...layers.flatMap(({ parameters, inputScale }) => inverseScales(parameters, inputScale)),
  ];
  const perRow = graph.multiply(
    graph.node('Gather', [
      steps,
      graph.constant('stepOfRow', Int32Array.from(owner), [owner.length]),
    ]),
    graph.vector('inverseScales', inverse),
  );
  const sizes = [...rows, owner.length / 2];
  const parts = graph.nodeWithOutputs('Split', [perRow, graph.int64(sizes)], sizes.length, {
    attributes: { axis: 0 },
  });
  return { weights: parts.slice(0, -1), bias: parts.at(-1)! };
}

// Of each layer's weights, then of each one's bias:
// u = f32(f32(s_d * s_x) * rate), u_b = f32(s_d * rate)
// factor = min(1, f32(f32(clip * reference) / f32(u * norm)));  step = f32(f32(u * factor) * ratio)
function clippedSteps(graph: ProgramGraph, layers: readonly UpdatedMap[]): string {
  const rates = graph.input('rates', 'float32', [3]);
  const [rate, clip, ratio] = graph.nodeWithOutputs('Split', [rates], 3, {
    attributes: { axis: 0, num_outputs: 3 },
  });
  const norms = layers.map(({ parameters, inputScale }) => layerNorms(parameters, inputScale));
  const references = [...norms.map((norm) => norm.weights), ...norms.map((norm) => norm.bias)];
  const inputScales = layers.map(({ inputScale }) => inputScale);
  const ones = layers.map(() => 1);
  const errorScales = layers.map(({ gradient }) => graph.reshape(gradient.errorScale, [1]));
  const perUnit = graph.multiply(
    graph.multiply(
      concat(graph, [...errorScales, ...errorScales]),
      graph.vector('inputScales', [...inputScales, ...ones]),
    ),
    rate!,
  );
  const allowed = graph.multiply(clip!, graph.vector('references', references));
  // Added last so that it runs first: gradient by gradient, in the order of the layers.
  const length = graph.multiply(perUnit, gradientNorms(graph, layers));
  const factor = graph.node('Min', [graph.scalar('float32', 1), graph.divide(allowed, length)]);
  return graph.multiply(graph.multiply(perUnit, factor), ratio!);
}

/** float32 [2 * layers]: f32(sqrt(sum A^2)) of each layer, then f32(sqrt(sum a^2)) of each. */
function gradientNorms(graph: ProgramGraph, layers: readonly UpdatedMap[]): string {
  const weights: string[] = [];
  const bias: string[] = [];
  // Of a node's inputs the one added last runs first: the first layer's weights, its bias, then the next layer's.
  for (const { gradient } of layers.toReversed()) {
    bias.unshift(squares(graph, gradient.bias));
    weights.unshift(squares(graph, gradient.weights));
  }
  const sums = concat(graph, [...weights, ...bias]);
  return graph.cast(graph.node('Sqrt', [sums]), 'float32');
}

/** double [1]. */
function squares(graph: ProgramGraph, sums: string): string {
  return graph.reshape(graph.node('ReduceSumSquare', [graph.cast(sums, 'double')]), [1]);
}

function inverseScales({ weightScales }: LayerParameters, inputScale: number): number[] {
  return Array.from(weightScales, (scale) =>
    Math.fround(1 / Math.fround(Math.fround(inputScale) * scale)),
  );
}

/** Along the first axis. */
export function concat(graph: ProgramGraph, parts: readonly string[]): string {
  return parts.length === 1 ? parts[0]! : graph.node('Concat', parts, { attributes: { axis: 0 } });
}
