// Attributes of an ONNX node, as they are written in code.
import type { Message } from '@bufbuild/protobuf';

import type { Tensor } from './tensor.ts';

/** Bare numbers are integers; floats are wrapped, since 1 alone would not say which it is. */
export type AttributeValue =
  | number
  | readonly number[]
  | string
  | readonly string[]
  | Tensor
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | Subgraph;

/** The graph that a node runs (Scan); GraphBuilder makes it. */
export interface Subgraph {
  readonly graph: Message<'onnx.GraphProto'>;
}

/** A float attribute: `{ alpha: float(1) }`. */
export function float(value: number): AttributeValue {
  return { float: value };
}

/** An attribute that is a list of floats. */
export function floats(values: readonly number[]): AttributeValue {
  return { floats: values };
}

/** A value of a kind that no supported operator has (a subgraph, a type): its number in the file. */
export interface ForeignAttribute {
  readonly foreign: number;
}

export type DecodedAttribute = AttributeValue | ForeignAttribute;
