import { floatsOf } from './numbers.ts';
// y = scale[c] x + shift[c]: what batch normalisation and arithmetic with constants are. It is
// imported as a depthwise 1x1 convolution, which a later pass merges into a neighbour where it can.
import type { OperatorCall } from './operator-call.ts';
import { signal } from './value.ts';
import type { Constant, Signal } from './value.ts';

/** One number per channel, or one for all. */
export interface Affine {
  readonly scale: ArrayLike<number>;
  readonly shift: ArrayLike<number>;
}

export function affine(
  call: OperatorCall,
  { draft, view }: Signal,
  { scale, shift }: Affine,
): Signal {
  const channels = draft.shape[2];
  call.allocate(2 * channels);
  const spread = (values: ArrayLike<number>): Float32Array => {
    return Float32Array.from({ length: channels }, (_, c) => values[values.length === 1 ? 0 : c]!);
  };
  const layer = {
    weights: spread(scale),
    bias: spread(shift),
    quantized: null,
    quantizedBias: null,
    isAffine: true,
  };
  const attributes = { window: pointwise, outputChannels: channels, groups: channels, clamp: null };
  return signal(call.make({ operator: 'conv', attributes }, [draft], draft.shape, layer), view);
}

export const pointwise = {
  kernel: [1, 1],
  stride: [1, 1],
  dilation: [1, 1],
  pads: [0, 0, 0, 0],
} as const;

/** A constant that broadcasts over a signal as one number, or one per channel. */
export function perChannel(
  call: OperatorCall,
  { tensor }: Constant,
  { draft, view }: Signal,
): Float32Array {
  const values = floatsOf(tensor);
  const rank = tensor.dimensions.length;
  if (values.length === 1 && rank <= view.length) return values;
  const axis = tensor.dimensions.findIndex((size) => size > 1);
  const axisOfView = axis + view.length - rank;
  const isChannels = view[axisOfView]?.join() === 'c' && draft.shape[2] === values.length;
  if (rank > view.length || !isChannels || values.length !== tensor.dimensions[axis]) {
    call.refuse(
      `a constant of one number, or one for each of ${draft.shape[2]} channels`,
      `[${tensor.dimensions.join(', ')}]`,
    );
  }
  return values;
}
