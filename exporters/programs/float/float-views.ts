import { windowOutput } from '#runtime';
import type { Shape, Window } from '#runtime';

import type { ProgramGraph } from '../program-graph.ts';

/** What each offset of a window reads: [n, channels, output height, output width], `padding` outside. */
export function floatViews(
  graph: ProgramGraph,
  value: string,
  { shape, window, padding = 0 }: { shape: Shape; window: Window; padding?: number },
): string[] {
  const { kernel, stride, dilation, pads } = window;
  const [top, left, bottom, right] = pads;
  const padded = pads.every((pad) => pad === 0)
    ? value
    : graph.node('Pad', [
        value,
        graph.int64([0, 0, top, left, 0, 0, bottom, right]),
        graph.scalar('float32', padding),
      ]);
  const output = windowOutput(shape, window);
  return Array.from({ length: kernel[0] * kernel[1] }, (_, k) => {
    const offset = [Math.floor(k / kernel[1]), k % kernel[1]] as const;
    const starts = ([0, 1] as const).map((axis) => offset[axis] * dilation[axis]);
    const ends = ([0, 1] as const).map(
      (axis) => starts[axis]! + (output[axis] - 1) * stride[axis] + 1,
    );
    const bounds = [starts, ends, [2, 3], stride].map((values) => graph.int64(values));
    return graph.node('Slice', [padded, ...bounds]);
  });
}
