// A fixed feedback: from the error at its source to the gradient at its target.
import type { Feedback, Shape } from '#runtime';

import { integerOperand } from './layer-parameters.ts';
import type { ProgramGraph, QuantizedError } from './program-graph.ts';
import { windowColumns } from './window-columns.ts';

/** A feedback as one program meets it. */
export interface FeedbackSite {
  readonly feedback: Feedback;
  /** Its place in the package; names the file its matrix stands in. */
  readonly index: number;
  /** Of the source's error: [1, 1, classes] for the logits. */
  readonly sourceShape: Shape;
  readonly targetShape: Shape;
}

// e, s_e, z_e = Q(S);  F[cell, c] = sum over k, d of B[c, k, d] (e[gather(cell, k), d] - z_e)
// g[cell, c] = f32(f32(F[cell, c]) * f32(s_e * scales[c]))
// The logits have one position and B one row per (cell, c).
/** From the source's error to the target's gradient before its gate, float32 [n, height, width, channels]. */
export function addFeedback(
  graph: ProgramGraph,
  site: FeedbackSite,
  error: QuantizedError,
): string {
  const { feedback, targetShape } = site;
  const [rows, cells] = [products(graph, site, error), feedback.grid[0] * feedback.grid[1]];
  const [height, width, channels] = targetShape;
  if (feedback.grid[0] === height && feedback.grid[1] === width) {
    return graph.reshape(rows, [-1, ...targetShape]);
  }
  const onGrid = graph.reshape(rows, [-1, cells, channels]);
  const copied = graph.node('Gather', [onGrid, cellTable(graph, feedback.grid, [height, width])], {
    attributes: { axis: 1 },
  });
  return graph.reshape(copied, [-1, ...targetShape]);
}

/** float32 [n * cells, rows]. */
function products(
  graph: ProgramGraph,
  { feedback, index, sourceShape }: FeedbackSite,
  error: QuantizedError,
): string {
  const { groups, matrix, scales } = feedback;
  const perRow = matrix.length / scales.length;
  const raw = graph.external(`feedback:${index}`, 'int8', [scales.length, perRow], {
    location: `feedback-${index}.bin`,
    offset: 0,
    length: matrix.length,
  });
  const limit = matrix.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const operand = integerOperand(graph, raw, limit);
  const columns = sourceColumns(graph, feedback, sourceShape, error);
  const rowScales = graph.vector(`feedbackScales:${index}`, scales);
  if (groups === 1) {
    const factors = [columns, graph.transpose(operand.value, [1, 0])];
    const zeros = [error.zeroPoint, operand.zeroPoint];
    return graph.contrib('MatMulIntegerToFloat', [...factors, error.scale, rowScales, ...zeros]);
  }
  const grouped = graph.reshape(operand.value, [groups, scales.length / groups, perRow]);
  const sums = graph.node('MatMulInteger', [
    columns,
    graph.transpose(grouped, [0, 2, 1]),
    error.zeroPoint,
    operand.zeroPoint,
  ]);
  const flat = graph.reshape(graph.transpose(sums, [1, 0, 2]), [-1, scales.length]);
  return graph.node('DequantizeLinear', [flat, graph.multiply(error.scale, rowScales)], {
    attributes: { axis: 1 },
  });
}

function sourceColumns(
  graph: ProgramGraph,
  { source, kernel, dilation, groups }: Feedback,
  shape: Shape,
  error: QuantizedError,
): string {
  if (source === 'logits') return graph.reshape(error.values, [-1, shape[2]]);
  const pad = (dilation * (kernel - 1)) / 2;
  const window = {
    kernel: [kernel, kernel],
    stride: [1, 1],
    dilation: [dilation, dilation],
    pads: [pad, pad, pad, pad],
  } as const;
  return windowColumns(
    graph,
    { direction: 'gather', shape, window },
    { value: error.values, padding: error.zeroPoint, channels: shape[2] },
    groups,
  );
}

/** `cells:<grid height,grid width,height,width>`: int32 [positions], the grid's cell of each position. */
function cellTable(
  graph: ProgramGraph,
  grid: readonly [number, number],
  [height, width]: readonly [number, number],
): string {
  const name = `cells:${[...grid, height, width].join(',')}`;
  return graph.sharedInput(name, 'int32', [height * width]);
}
