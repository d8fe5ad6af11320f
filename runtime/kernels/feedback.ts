// A fixed feedback: from the error at its source to the gradient at its target.
import { sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { gatherTable } from '../graph/window.ts';
import type { Feedback } from '../learning/plan.ts';
import { quantizeError } from './quantize-error.ts';
import { windowSums } from './window-sums.ts';
import type { WindowGeometry } from './window-sums.ts';

export interface FeedbackCall {
  readonly feedback: Feedback;
  /** Names the target in errors. */
  readonly name: string;
  /** Of the source's error, [1, 1, classes] for the logits. */
  readonly sourceShape: Shape;
  readonly targetShape: Shape;
}

// e, s_e, z_e = Q(S);  F[cell, c] = sum over k, d of B[c, k, d] (e[gather(cell, k), d] - z_e)
// g[cell, c] = f32(f32(F[cell, c]) * f32(s_e * scales[c]))
// The logits have one position and B one row per (cell, c), so there F[cell, c] = sum over d of B[cell, c, d] (e[d] - z_e).
export function feedbackGradient(
  { feedback, name, sourceShape, targetShape }: FeedbackCall,
  source: Float32Array,
  batch: number,
): Float32Array {
  const { values, scale, zeroPoint } = quantizeError(source, name);
  const rows = feedback.scales.length;
  const m = feedback.scales.map((row) => scale * row);
  const geometry = geometryOf(feedback, sourceShape);
  const cells = new Float32Array(batch * geometry.positions * rows);
  windowSums(geometry, feedback.matrix, { values, zeroPoint }, batch, (sums, at) => {
    for (let row = 0; row < rows; row++) cells[at * rows + row] = Math.fround(sums[row]!) * m[row]!;
  });
  return copyToPositions(cells, feedback.grid, targetShape, batch);
}

function geometryOf(
  { kernel, dilation, groups, source, scales }: Feedback,
  sourceShape: Shape,
): WindowGeometry {
  const [height, width, channels] = sourceShape;
  const pad = (dilation * (kernel - 1)) / 2;
  const window = {
    kernel: [kernel, kernel],
    stride: [1, 1],
    dilation: [dilation, dilation],
    pads: [pad, pad, pad, pad],
  } as const;
  const size = { channels, rows: scales.length, groups };
  return source === 'logits'
    ? { ...size, table: Int32Array.of(0), positions: 1, offsets: 1, inputs: 1 }
    : {
        ...size,
        table: gatherTable(sourceShape, window),
        positions: height * width,
        offsets: kernel * kernel,
        inputs: height * width,
      };
}

/** Position (y, x) takes cell (floor(y gridHeight / height), floor(x gridWidth / width)). */
function copyToPositions(
  cells: Float32Array,
  [gridHeight, gridWidth]: readonly [number, number],
  shape: Shape,
  batch: number,
): Float32Array {
  const [height, width, channels] = shape;
  const result = new Float32Array(batch * sizeOf(shape));
  let at = 0;
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < height; y++) {
      const cellY = Math.floor((y * gridHeight) / height);
      for (let x = 0; x < width; x++) {
        const cell = (n * gridHeight + cellY) * gridWidth + Math.floor((x * gridWidth) / width);
        result.set(cells.subarray(cell * channels, (cell + 1) * channels), at);
        at += channels;
      }
    }
  }
  return result;
}
