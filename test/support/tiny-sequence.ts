// A small recurrent model as an ONNX file, with random weights.
import { GraphBuilder } from '#exporters';

import { randomStream } from './random-stream.ts';

export const tinySequence = { steps: 12, features: 2, hidden: 4, classes: 3 } as const;

/** A GRU and a dense layer on its last step, or on each; [n, steps, features] or token ids [n, steps]. */
export function tinySequenceOnnx({
  output,
  tokens = false,
}: {
  readonly output: 'last' | 'sequence';
  readonly tokens?: boolean;
}): Uint8Array {
  const { steps, features, hidden, classes } = tinySequence;
  const random = randomStream(5);
  const g = new GraphBuilder({ opset: 14 });
  const draw = (name: string, dimensions: readonly number[]): string => {
    const size = dimensions.reduce((total, next) => total * next, 1);
    const data = Float32Array.from({ length: size }, () => 2 * random() - 1);
    return g.constant(name, data, dimensions);
  };
  const x = tokens
    ? g.node('Gather', [draw('table', [9, features]), g.input('x', 'int64', ['n', steps])])
    : g.input('x', 'float32', ['n', steps, features]);
  const sequence = g.node('Transpose', [x], { attributes: { perm: [1, 0, 2] } });
  const [rows, bias] = [3 * hidden, 6 * hidden];
  const maps = [draw('w', [1, rows, features]), draw('r', [1, rows, hidden]), draw('b', [1, bias])];
  const [y, h] = g.nodeWithOutputs('GRU', [sequence, ...maps], 2, {
    output: 'gru',
    attributes: { hidden_size: hidden, linear_before_reset: 1 },
  });
  const read =
    output === 'last'
      ? g.node('Squeeze', [h!, g.int64([0])])
      : g.node('Transpose', [g.node('Squeeze', [y!, g.int64([1])])], {
          attributes: { perm: [1, 0, 2] },
        });
  const logits = g.node('MatMul', [read, draw('head', [hidden, classes])]);
  g.output(logits, 'float32', output === 'last' ? ['n', classes] : ['n', steps, classes]);
  return g.build();
}
