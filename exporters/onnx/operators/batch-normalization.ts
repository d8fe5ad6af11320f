import { affine } from '../affine.ts';
import { floatsOf } from '../numbers.ts';
import type { OperatorCall } from '../operator-call.ts';
import type { Signal } from '../value.ts';

// Y = scale (X - mean) / sqrt(variance + epsilon) + bias, per channel (axis 1).
export function batchNormalization(call: OperatorCall): Signal {
  const input = call.signal(0);
  const channels = input.draft.shape[2];
  if (input.view[1]?.join() !== (channels === 1 ? '' : 'c')) {
    call.refuse('channels as the second axis', 'another layout');
  }
  if (call.integer('spatial', 1) !== 1)
    call.refuse('one scale per channel (spatial 1)', 'spatial 0');
  if (call.integer('training_mode', 0) !== 0) {
    call.refuse(
      'a model exported for inference',
      'training_mode 1',
      'model.eval() before the export',
    );
  }
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => {
    const values = floatsOf(call.constant(index).tensor);
    if (values.length !== channels)
      call.refuse(`${channels} numbers at input ${index}`, `${values.length}`);
    return values;
  });
  const epsilon = call.float('epsilon', 1e-5);
  const scale = Array.from(gamma!, (g, c) => g / Math.sqrt(variance![c]! + epsilon));
  const shift = scale.map((s, c) => beta![c]! - s * mean![c]!);
  return affine(call, input, { scale, shift });
}
