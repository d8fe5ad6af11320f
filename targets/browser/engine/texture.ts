// Integer textures as flat arrays of texels: texel i lies at (i mod 512, i / 512).
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

/** Texels in one row of every texture that has more of them; a power of two, 2^rowShift. */
export const rowShift = 9;
const rowLength = 1 << rowShift;

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

/** Written once and then shared: freed when as many owners have released it as hold it. */
export class Texture {
  readonly kind: TextureKind;
  /** Texels in use; the last row may have more. */
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly handle: WebGLTexture;
  readonly #gl: WebGL2RenderingContext;
  readonly #ledger: TextureLedger;
  #owners = 1;

  /** Throws EngineError where it is larger than the GPU's textures. */
  constructor(gl: WebGL2RenderingContext, ledger: TextureLedger, kind: TextureKind, count: number) {
    this.kind = kind;
    this.count = count;
    this.width = Math.min(count, rowLength);
    this.height = Math.ceil(count / rowLength);
    this.#gl = gl;
    this.#ledger = ledger;
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
    return this.kind === 'blocks' ? this.#gl.TEXTURE_2D_ARRAY : this.#gl.TEXTURE_2D;
  }

  get bytes(): number {
    return this.width * this.height * bytesPerTexel[this.kind];
  }

  get isFree(): boolean {
    return this.#owners === 0;
  }

  /** One owner more. */
  retain(): this {
    if (this.isFree) throw new EngineError('webgl: expected a live texture, got a freed one');
    this.#owners++;
    return this;
  }

  release(): void {
    if (this.isFree) throw new EngineError('webgl: expected a live texture, got a freed one');
    this.#owners--;
    if (!this.isFree) return;
    this.#gl.deleteTexture(this.handle);
    this.#ledger.add(-1, -this.bytes);
  }
}

export function requireTexels(gl: WebGL2RenderingContext, count: number): void {
  requireContext(gl);
  const largest = (gl.getParameter(gl.MAX_TEXTURE_SIZE) as number) * rowLength;
  if (count <= largest) return;
  throw new EngineError(
    `webgl: expected at most ${largest} texels in a texture, got ${count}; use a smaller batch`,
  );
}
