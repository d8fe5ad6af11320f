// Where the gradients of recurrent layers are summed over the chunks of a sequence: float32 arrays that
// programs add to in place, as large as the layers' weights, made at the first lesson.
import { Tensor } from 'onnxruntime-node';

import type { LayerArrayName } from './program.ts';

export class GradientSums {
  readonly #sums = new Map<string, { readonly node: number; readonly tensor: Tensor }>();

  /** True of `weightSum:<node>/<part>` and `biasSum:<node>/<part>`. */
  isSum({ kind }: LayerArrayName): boolean {
    return kind === 'weightSum' || kind === 'biasSum';
  }

  /** The same tensor for all programs. */
  get(input: string, { node }: LayerArrayName, dimensions: readonly number[]): Tensor {
    const known = this.#sums.get(input);
    if (known !== undefined) return known.tensor;
    const size = dimensions.reduce((total, length) => total * length, 1);
    const tensor = new Tensor('float32', new Float32Array(size), dimensions);
    this.#sums.set(input, { node, tensor });
    return tensor;
  }

  /** Sets a layer's sums to 0. */
  clear(layer: number): void {
    for (const { node, tensor } of this.#sums.values()) {
      if (node === layer) (tensor.data as Float32Array).fill(0);
    }
  }
}
