// Tensors of an ONNX model.
import type { ElementArray, ElementType } from './element-type.ts';

export interface Tensor {
  readonly type: ElementType;
  readonly dimensions: readonly number[];
  /** Row-major; the array that `type` asks for. */
  readonly data: ElementArray;
}

/** Gives the blob an external tensor refers to, or null where there is none of that name. */
export type ExternalData = (location: string) => Uint8Array | null;
