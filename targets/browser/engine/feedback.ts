// Fixed feedbacks on the GPU: from the error at a source to the gradient at a value.
//   e, s_e, z_e = Q(S);  F[cell, c] = sum over k, d of B[c, k, d] (e[gather(cell, k), d] - z_e)
//   g[cell, c] = f32(f32(F) * f32(s_e * scales[c])), copied to the positions nearest to the cell
import { inferShapes, isLayer } from '#runtime';
import type { EngineInput, Feedback, FeedbackSource, Module, Shape, ValueId } from '#runtime';

import type { Failures } from './failures.ts';
import type { Gpu } from './gpu.ts';
import type { Grid } from './grid.ts';
import type { GradientHandle } from './handle.ts';
import { matrixUniforms, packMatrix } from './layer-texture.ts';
import type { MatrixShape } from './layer-texture.ts';
import { quantizeError } from './quantize-error.ts';
import type { FailingGpu } from './quantize-error.ts';
import { itemAt, quadsOf } from './site.ts';
import type { Texture } from './texture.ts';
import { feedbackSums } from './window-sums.ts';
import type { Geometry } from './window-sums.ts';
import { windowUniforms } from './window.ts';

export interface FeedbackCall {
  /** Null where there is a cell for each position. */
  readonly grid: Grid | null;
  readonly targetShape: Shape;
  readonly geometry: Geometry;
  /** The matrix, as layer-texture.ts has it, and one texel of scales for each four rows. */
  readonly weights: Texture;
  readonly scales: Texture;
  /** Code for an error at the source that is not finite. */
  readonly failure: number;
}

export interface ModuleFeedback {
  readonly rule: 'feedback-local' | 'feedback-direct';
  readonly source: FeedbackSource;
  readonly sourceShape: Shape;
  /** By the value it gives the gradient of. */
  readonly calls: ReadonlyMap<ValueId, FeedbackCall>;
}

/** One per module; null for modules that the plan does not train by feedback. The input was checked. */
export function openFeedbacks(
  gpu: Gpu,
  failures: Failures,
  input: EngineInput,
): (ModuleFeedback | null)[] {
  const { model, modules, plan, feedback } = input;
  const shapes = inferShapes(model.graph);
  return modules.map((module, index) => {
    const rule = plan.rules[index];
    if (rule !== 'feedback-local' && rule !== 'feedback-direct') return null;
    const own = feedback.filter(({ target }) =>
      rule === 'feedback-local'
        ? target === module.to
        : target > module.from &&
          target <= module.to &&
          isLayer(itemAt(model.graph.nodes, target - 1)),
    );
    const { source } = itemAt(own, 0, `${module.name}: feedback`);
    const sourceShape = itemAt(shapes, sourceValue(source, module, input));
    const calls = own.map((one): [ValueId, FeedbackCall] => {
      const targetShape = itemAt(shapes, one.target);
      const { name } = itemAt(model.graph.nodes, one.target - 1);
      const failure = failures.code(
        `feedback of ${name}: expected a finite gradient, got a NaN or an infinity`,
      );
      return [one.target, { ...openFeedback(gpu, one, { sourceShape, targetShape }), failure }];
    });
    return { rule, source, sourceShape, calls: new Map(calls) };
  });
}

export function closeFeedbacks(feedbacks: readonly (ModuleFeedback | null)[]): void {
  for (const { weights, scales } of feedbacks.flatMap((own) => [...(own?.calls.values() ?? [])])) {
    weights.release();
    scales.release();
  }
}

/**
 * The gradient at the feedback's target, on its grid (`grid` of the call), the caller's. Q of the
 * source is made once and kept by it.
 */
export function feedbackCells(
  network: FailingGpu,
  { geometry, weights, scales, failure }: FeedbackCall,
  source: GradientHandle,
): Texture {
  if (source.quantized === null) {
    const { texture: gradient, shape } = source;
    const { count } = gradient;
    const from = {
      gradient,
      grid: null,
      gate: null,
      constants: null,
      count,
      quads: quadsOf(shape),
    };
    source.quantized = quantizeError(network, from, failure);
  }
  const { error, range } = source.quantized;
  const { batch } = source;
  const sums = { geometry, values: error, weights, constants: scales, batch };
  return feedbackSums(network.gpu, sums, range);
}

function sourceValue(
  source: FeedbackSource,
  module: Module,
  { model, modules, plan }: EngineInput,
): ValueId {
  if (source === 'logits') return model.graph.nodes.length;
  if (source === 'module') return module.to;
  return itemAt(modules, plan.rules.indexOf('exact'), `${module.name}: a tail at`).from;
}

interface Ends {
  readonly sourceShape: Shape;
  readonly targetShape: Shape;
}

// From the logits each cell of the grid has rows of its own, which are padded to fours cell by cell:
// the sums are then the cells, [n, grid, c].
function openFeedback(gpu: Gpu, feedback: Feedback, ends: Ends): Omit<FeedbackCall, 'failure'> {
  const { sourceShape, targetShape } = ends;
  const { source, kernel, dilation, groups, grid, matrix, scales } = feedback;
  const channels = targetShape[2];
  const isCells = source === 'logits';
  const stride = isCells ? 4 * Math.ceil(channels / 4) : channels;
  const rows = isCells ? grid[0] * grid[1] * stride : channels;
  const shape: MatrixShape = { rows, channels: sourceShape[2], groups, offsets: kernel * kernel };
  const perRow = matrix.length / scales.length;
  const ownRow = (row: number): number => Math.floor(row / channels) * stride + (row % channels);
  const paddedMatrix = new Int8Array(rows * perRow);
  const paddedScales = new Float32Array(4 * Math.ceil(rows / 4));
  for (let row = 0; row < scales.length; row++) {
    const to = isCells ? ownRow(row) : row;
    paddedMatrix.set(matrix.subarray(row * perRow, (row + 1) * perRow), to * perRow);
    paddedScales[to] = scales[row] ?? 0;
  }
  const pad = (dilation * (kernel - 1)) / 2;
  const window = windowUniforms(sourceShape, {
    kernel: [kernel, kernel],
    stride: [1, 1],
    dilation: [dilation, dilation],
    pads: [pad, pad, pad, pad],
  });
  const uniforms = matrixUniforms(shape);
  const [height, width] = targetShape;
  const isFull = grid[0] === height && grid[1] === width;
  return {
    grid: isFull ? null : { height, width, gridHeight: grid[0], gridWidth: grid[1] },
    targetShape,
    geometry: {
      window,
      matrix: uniforms,
      inputShape: sourceShape,
      outputShape: [sourceShape[0], sourceShape[1], rows],
    },
    weights: gpu.upload('words', packMatrix(uniforms, paddedMatrix, null)),
    scales: gpu.upload('words', new Int32Array(paddedScales.buffer)),
  };
}
