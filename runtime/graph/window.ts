// Where a sliding window reads and writes, as index tables. Every engine uses the same two tables,
// so padding, stride and dilation are decided once.
// p output position, q input position, k kernel offset (row-major); a position is y * width + x.
import type { Window } from './operator.ts';
import type { Shape } from './shape.ts';

/** Output height and width of a window over an input; at least 1x1 or the window does not fit. */
export function windowOutput(
  [height, width]: Shape,
  { kernel, stride, dilation, pads }: Window,
): readonly [height: number, width: number] {
  const extent = (axis: 0 | 1): number => (kernel[axis] - 1) * dilation[axis] + 1;
  return [
    Math.floor((height + pads[0] + pads[2] - extent(0)) / stride[0]) + 1,
    Math.floor((width + pads[1] + pads[3] - extent(1)) / stride[1]) + 1,
  ];
}

/** [p, k] -> q read by kernel offset k of output p, or the number of input positions for padding. */
export function gatherTable(input: Shape, window: Window): Int32Array {
  const [height, width] = input;
  const [outputHeight, outputWidth] = windowOutput(input, window);
  const { kernel, stride, dilation, pads } = window;
  const table = new Int32Array(outputHeight * outputWidth * kernel[0] * kernel[1]);
  let index = 0;
  for (let py = 0; py < outputHeight; py++) {
    for (let px = 0; px < outputWidth; px++) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        for (let kx = 0; kx < kernel[1]; kx++) {
          const y = py * stride[0] + ky * dilation[0] - pads[0];
          const x = px * stride[1] + kx * dilation[1] - pads[1];
          const inside = y >= 0 && y < height && x >= 0 && x < width;
          table[index++] = inside ? y * width + x : height * width;
        }
      }
    }
  }
  return table;
}

/** [q, k] -> p whose kernel offset k reads q, or the number of output positions if there is none. */
export function scatterTable(input: Shape, window: Window): Int32Array {
  const [outputHeight, outputWidth] = windowOutput(input, window);
  const outputs = outputHeight * outputWidth;
  const offsets = window.kernel[0] * window.kernel[1];
  const inputs = input[0] * input[1];
  const table = new Int32Array(inputs * offsets).fill(outputs);
  const gather = gatherTable(input, window);
  for (let p = 0; p < outputs; p++) {
    for (let k = 0; k < offsets; k++) {
      const q = gather[p * offsets + k]!;
      if (q < inputs) table[q * offsets + k] = p;
    }
  }
  return table;
}

/** True where the tables are the identity: a 1x1 window with stride 1 and no padding. */
export function isPointwise({ kernel, stride, pads }: Window): boolean {
  return (
    kernel[0] === 1 &&
    kernel[1] === 1 &&
    stride[0] === 1 &&
    stride[1] === 1 &&
    pads.every((pad) => pad === 0)
  );
}
