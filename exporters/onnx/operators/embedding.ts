// Gather of a constant table by the graph's token ids.
import { sizeOf } from '#runtime';

import { floatsOf } from '../numbers.ts';
import type { OperatorCall } from '../operator-call.ts';
import { signal } from '../value.ts';
import type { Signal } from '../value.ts';

/** Ids are kept in a byte, as every input is. */
const tokens = 256;

export function embedding(call: OperatorCall): Signal {
  const { tensor, quantized } = call.constant(0);
  const [rows, size, ...more] = tensor.dimensions;
  const ids = call.unpadded(call.anySignal(1));
  if (!ids.tokens) call.refuse('token ids, the integer input of the graph', 'other numbers');
  if (call.integer('axis', 0) !== 0 || more.length > 0 || !(size! >= 1)) {
    call.refuse('a table [tokens, size] read along axis 0', `[${tensor.dimensions.join(', ')}]`);
  }
  if (!(rows! <= tokens)) {
    call.refuse(`a table of at most ${tokens} tokens`, `${rows}`, 'characters or bytes as tokens');
  }
  const [height, width, channels] = ids.draft.shape;
  if (channels !== 1) call.refuse('one token id a position', `${sizeOf(ids.draft.shape)}`);
  call.allocate(tokens * size!);
  const weights = new Float32Array(tokens * size!);
  weights.set(floatsOf(tensor));
  const layer = {
    weights,
    bias: new Float32Array(0),
    quantized: null,
    quantizedBias: null,
    isAffine: false,
  };
  if (quantized !== null) call.state.notes.push(`${call.where}: its table is quantised anew`);
  const operation = { operator: 'embedding', attributes: { size: size! } } as const;
  const made = call.make(operation, [ids.draft], [height, width, size!], layer);
  return signal(made, [...ids.view, size === 1 ? [] : ['c']]);
}
