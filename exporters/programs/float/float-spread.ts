import type { ProgramGraph } from '../program-graph.ts';
import type { FloatSite } from './float-operator.ts';

/**
 * dx[scatter(p, k)] += shares[k][p]: float32 [n, channels, height, width] from one value
 * [n, channels, output height, output width] for each offset k of a pool's window.
 */
export function spreadOverWindow(
  graph: ProgramGraph,
  shares: readonly string[],
  { attributes, inputShapes, outputShape }: FloatSite<'maxPool'> | FloatSite<'averagePool'>,
): string {
  const { kernel, stride, dilation, pads } = attributes.window;
  const [height, width, channels] = outputShape;
  const offsets = shares.length;
  const lifted = shares.map((share) => graph.node('Unsqueeze', [share, graph.int64([2])]));
  const stacked = graph.reshape(graph.node('Concat', lifted, { attributes: { axis: 2 } }), [
    -1,
    channels * offsets,
    height,
    width,
  ]);
  // Kernel k of a channel has its only 1 at offset k.
  const identity = graph.node('EyeLike', [
    graph.node('ConstantOfShape', [graph.int64([offsets, offsets])]),
  ]);
  const one = graph.reshape(identity, [1, offsets, 1, ...kernel]);
  const each = graph.node('Expand', [one, graph.int64([channels, offsets, 1, ...kernel])]);
  const lost = ([0, 1] as const).map((axis) => {
    const covered =
      (outputShape[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
    return inputShapes[0]![axis] - (covered - pads[axis] - pads[axis + 2]!);
  });
  return graph.node(
    'ConvTranspose',
    [stacked, graph.reshape(each, [channels * offsets, 1, ...kernel])],
    {
      attributes: {
        group: channels,
        kernel_shape: kernel,
        strides: stride,
        dilations: dilation,
        pads,
        output_padding: lost,
      },
    },
  );
}
