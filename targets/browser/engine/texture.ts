// Integer textures as flat arrays of texels: texel i lies at (i mod 2^s, i / 2^s), s the engine's row shift.
//
// values  RGBA32UI, 16 bytes a texel  uint8 activations of four samples and four channels
//           [n / 4, y, x, c / 4]: component n mod 4, byte c mod 4
// words   RGBA32I, 16 bytes a texel   four int32, or the bits of four float32: weights, scalars
// blocks  four layers of words        4 x 4 blocks of int32 or float32 bits. Gradients, as values:
//           layer n mod 4, component c mod 4. Weight gradients: layer o mod 4, component c mod 4
//
// Four samples share each read of a weight. Batch and channels are padded to fours; padding of
// values may hold anything, padding of gradients holds 0.
import { EngineError } from '#runtime';

import { requireContext } from './context.ts';

export type TextureKind = 'values' | 'words' | 'blocks';

const bytesPerTexel = { values: 16, words: 16, blocks: 64 } as const satisfies Record<
  TextureKind,
  number
>;

/** What the textures of one engine take on the GPU now, and took at most since `peakBytes` was set. */
export class TextureLedger {
  count = 0;
  bytes = 0;
  peakBytes = 0;

  add(count: number, bytes: number): void {
    this.count += count;
    this.bytes += bytes;
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
  }
}

/** Where textures are made. */
export interface TextureSpace {
  readonly gl: WebGL2RenderingContext;
  readonly ledger: TextureLedger;
  /** Every texture with at least that many texels has 2^rowShift in a row. */
  readonly rowShift: number;
  /** Most texels of a texture. */
  readonly mostTexels: number;
}

/**
 * The row shift for textures of up to `count` texels, and the most that they may have. Rasterisers share a
 * draw out by tiles or rows, so that a small texture should be as high as it is wide.
 */
export function textureLimits(
  gl: WebGL2RenderingContext,
  count: number,
): Pick<TextureSpace, 'rowShift' | 'mostTexels'> {
  const height = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  const shift = Math.max(5, Math.ceil(Math.log2(count / height)));
  const rowShift = Math.min(Math.log2(height), shift);
  return { rowShift, mostTexels: height << rowShift };
}

/** Written once and then shared: freed when as many owners have released it as hold it. */
export class Texture {
  readonly kind: TextureKind;
  /** Texels in use; the last row may have more. */
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly handle: WebGLTexture;
  readonly #space: TextureSpace;
  #owners = 1;

  /** Throws EngineError where it is larger than the GPU's textures. */
  constructor(space: TextureSpace, kind: TextureKind, count: number) {
    const { gl, ledger, rowShift, mostTexels } = space;
    requireContext(gl);
    if (count > mostTexels) {
      throw new EngineError(
        `webgl: expected at most ${mostTexels} texels in a texture, got ${count}; use a smaller batch`,
      );
    }
    this.kind = kind;
    this.count = count;
    this.width = Math.min(count, 1 << rowShift);
    this.height = Math.ceil(count / this.width);
    this.#space = space;
    this.handle = gl.createTexture();
    const target = this.target;
    gl.bindTexture(target, this.handle);
    gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    const format = kind === 'values' ? gl.RGBA32UI : gl.RGBA32I;
    if (kind === 'blocks') gl.texStorage3D(target, 1, format, this.width, this.height, 4);
    else gl.texStorage2D(target, 1, format, this.width, this.height);
    ledger.add(1, this.bytes);
  }

  get target(): GLenum {
    const { gl } = this.#space;
    return this.kind === 'blocks' ? gl.TEXTURE_2D_ARRAY : gl.TEXTURE_2D;
  }

  get bytes(): number {
    return this.width * this.height * bytesPerTexel[this.kind];
  }

  #requireOwner(): void {
    if (this.#owners === 0)
      throw new EngineError('webgl: expected a live texture, got a freed one');
  }

  /** One owner more. */
  retain(): this {
    this.#requireOwner();
    this.#owners++;
    return this;
  }

  release(): void {
    this.#requireOwner();
    if (--this.#owners > 0) return;
    const { gl, ledger } = this.#space;
    gl.deleteTexture(this.handle);
    ledger.add(-1, -this.bytes);
  }
}
