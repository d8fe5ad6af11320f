// What stands behind a name of the ONNX graph while it is imported: a constant, or a signal that
// depends on the input.
import type { Quantization, Shape } from '#runtime';

import type { Draft } from './draft.ts';
import type { Tensor } from './tensor.ts';
import type { PartSizes, View } from './view.ts';
import { stackPart } from './view.ts';

/** Integers that a constant was dequantised from: real = scale * (data - zero point), in int8. */
export interface ConstantQuantization {
  /** The constant's integers less their zero points. */
  readonly integers: Int16Array | Int32Array;
  /** One, or one for each position along `axis`. */
  readonly scales: Float32Array;
  readonly axis: number;
}

export interface Constant {
  readonly kind: 'constant';
  readonly tensor: Tensor;
  readonly quantized: ConstantQuantization | null;
}

export interface Signal {
  readonly kind: 'signal';
  readonly draft: Draft;
  readonly view: View;
  /** Values of one shape side by side along part 'd' (the directions of a recurrent layer); `draft` is the first. */
  readonly stack: readonly Draft[];
  /** Token ids, which Gather looks up; not numbers to compute with. */
  readonly tokens: boolean;
  /** Zeros around the value that no operator has taken in yet: [top, left, bottom, right]. */
  readonly pads: readonly [number, number, number, number] | null;
  /** Set between QuantizeLinear and DequantizeLinear: the ONNX tensor holds integers. */
  readonly encoding: Quantization | null;
  /** The model's closing softmax has been taken off. */
  readonly softmax: boolean;
}

export type Value = Constant | Signal;

export function constant(tensor: Tensor, quantized: ConstantQuantization | null = null): Constant {
  return { kind: 'constant', tensor, quantized };
}

export function signal(draft: Draft, view: View, stack: readonly Draft[] = [draft]): Signal {
  const none = { pads: null, encoding: null, softmax: false, tokens: false };
  return { kind: 'signal', draft, view, stack, ...none };
}

/** Sizes of the parts of a signal's view. */
export function sizesOf({ draft, stack }: Signal): PartSizes {
  return new Map([...partSizes(draft.shape), [stackPart, stack.length]]);
}

export function partSizes([height, width, channels]: Shape): PartSizes {
  return new Map([
    ['h', height],
    ['w', width],
    ['c', channels],
  ]);
}
