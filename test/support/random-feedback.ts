import { cells, inferShapes, isRecurrent } from '#runtime';
import type {
  Feedback,
  FeedbackSource,
  Model,
  Module,
  Rule,
  StateFeedback,
  ValueId,
} from '#runtime';

import { randomStream } from './random-stream.ts';

export interface RandomFeedbackOptions {
  readonly source: FeedbackSource;
  readonly kernel?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** For source `logits`; others have the grid of their source. */
  readonly grid?: readonly [number, number];
}

/** What a model learns by: its plan's rules and, for each feedback module, where its feedback comes from. */
export interface FeedbackSite {
  readonly model: Model;
  readonly modules: readonly Module[];
  readonly rules: readonly Rule[];
}

/** A sparse random feedback for every value that the rules ask one for. */
export function randomFeedback(
  { model, modules, rules }: FeedbackSite,
  options: RandomFeedbackOptions,
  seed: number,
): Feedback[] {
  const random = randomStream(seed);
  return modules.flatMap((module, index) =>
    targetsOf(model, module, rules[index]!).map((target) =>
      feedbackOf({ model, modules, rules }, module, { ...options, target }, random),
    ),
  );
}

/** A sparse random one for every recurrent layer that runs forwards. */
export function randomStateFeedback(
  { graph }: Model,
  segments: number,
  seed: number,
): StateFeedback[] {
  const random = randomStream(seed);
  return graph.nodes.flatMap((own, node): StateFeedback[] => {
    if (!isRecurrent(own) || own.attributes.reverse) return [];
    const { cell, hiddenSize } = own.attributes;
    const width = (cells[cell].hasCellState ? 2 : 1) * hiddenSize;
    const rows = segments * hiddenSize;
    return [{ node, segments, ...sparseRows(rows, width, random) }];
  });
}

/** Rows of int8, half of them zeros, that keep the size of what they are applied to. */
function sparseRows(
  rows: number,
  width: number,
  random: () => number,
): { readonly matrix: Int8Array; readonly scales: Float32Array } {
  const matrix = Int8Array.from({ length: rows * width }, () =>
    random() < 0.5 ? 0 : Math.round(random() * 254 - 127),
  );
  const typical = 1 / (70 * Math.sqrt(width / 2));
  return { matrix, scales: Float32Array.from({ length: rows }, () => typical * (0.5 + random())) };
}

function targetsOf(model: Model, { from, to }: Module, rule: Rule): ValueId[] {
  if (rule === 'feedback-local') return [to];
  if (rule !== 'feedback-direct') return [];
  return [...model.layers.keys()]
    .filter((node) => node >= from && node < to)
    .map((node) => node + 1);
}

function feedbackOf(
  { model, modules, rules }: FeedbackSite,
  module: Module,
  options: RandomFeedbackOptions & { readonly target: ValueId },
  random: () => number,
): Feedback {
  const { target, source, kernel = 1, dilation = 1, groups = 1 } = options;
  const shapes = inferShapes(model.graph);
  const tail = modules[rules.indexOf('exact')]!;
  const sourceValue = { logits: shapes.length - 1, tail: tail.from, module: module.to }[source];
  const [height, width, channels] = shapes[sourceValue]!;
  const grid = source === 'logits' ? (options.grid ?? [1, 1]) : ([height, width] as const);
  const rows = shapes[target]![2] * (source === 'logits' ? grid[0] * grid[1] : 1);
  const perRow = (kernel * kernel * channels) / groups;
  return {
    target,
    source,
    kernel,
    dilation,
    groups,
    grid,
    ...sparseRows(rows, perRow, random),
  };
}
