// Bytes that a WebGL2 context holds in textures, renderbuffers and buffers, whoever made them: counted at the
// calls that allocate and free, on the prototype that every context of the page shares.

const bytesPerTexel: Readonly<Record<number, number>> = {
  0x8058: 4, // RGBA8
  0x8d7c: 4, // RGBA8UI
  0x8229: 1, // R8
  0x822d: 2, // R16F
  0x822e: 4, // R32F
  0x881a: 8, // RGBA16F
  0x8814: 16, // RGBA32F
  0x8d70: 16, // RGBA32UI
  0x8d82: 16, // RGBA32I
};

/** What a context holds now, and held at most since `peakBytes` was set. */
export interface Holdings {
  textures: number;
  bytes: number;
  peakBytes: number;
}

const holdings = new WeakMap<WebGL2RenderingContext, Holdings>();
/** Bytes of each texture and buffer. */
const sizes = new WeakMap<object, number>();
const bound = new WeakMap<WebGL2RenderingContext, Map<number, object | null>>();

/** Of a context made after `countGpuMemory`. */
export function holdingsOf(gl: WebGL2RenderingContext): Holdings {
  const found = holdings.get(gl) ?? { textures: 0, bytes: 0, peakBytes: 0 };
  holdings.set(gl, found);
  return found;
}

function setSize(
  gl: WebGL2RenderingContext,
  owner: object | null | undefined,
  bytes: number,
): void {
  if (!owner) return;
  const held = holdingsOf(gl);
  held.bytes += bytes - (sizes.get(owner) ?? 0);
  held.peakBytes = Math.max(held.peakBytes, held.bytes);
  sizes.set(owner, bytes);
}

function boundOf(gl: WebGL2RenderingContext): Map<number, object | null> {
  const found = bound.get(gl) ?? new Map<number, object | null>();
  bound.set(gl, found);
  return found;
}

function texelBytes(format: number): number {
  const bytes = bytesPerTexel[format];
  if (bytes !== undefined) return bytes;
  throw new Error(`gpu memory: expected a known texture format, got 0x${format.toString(16)}`);
}

type Method = (this: WebGL2RenderingContext, ...args: never[]) => unknown;

/** Calls `note` with the arguments of each call of a method, before it runs. */
function watch(
  name: keyof WebGL2RenderingContext,
  note: (gl: WebGL2RenderingContext, args: readonly unknown[]) => void,
): void {
  const prototype = WebGL2RenderingContext.prototype as unknown as Record<string, Method>;
  const original = prototype[name]!;
  prototype[name] = function (this: WebGL2RenderingContext, ...args: never[]) {
    note(this, args);
    return original.apply(this, args);
  };
}

/** Starts counting. Comes before any context is made. */
export function countGpuMemory(): void {
  for (const name of ['bindTexture', 'bindBuffer', 'bindRenderbuffer'] as const) {
    watch(name, (gl, [target, owner]) => boundOf(gl).set(target as number, owner as object | null));
  }
  watch('texStorage2D', (gl, [target, , format, width, height]) => {
    allocate(gl, target, format, Number(width) * Number(height));
  });
  watch('texStorage3D', (gl, [target, , format, width, height, depth]) => {
    allocate(gl, target, format, Number(width) * Number(height) * Number(depth));
  });
  watch('texImage2D', (gl, [target, , format, width, height, ...rest]) => {
    if (rest.length < 2) throw new Error('gpu memory: expected texImage2D of numbers');
    allocate(gl, target, format, Number(width) * Number(height));
  });
  watch('renderbufferStorage', (gl, [target, format, width, height]) => {
    allocate(gl, target, format, Number(width) * Number(height));
  });
  watch('bufferData', (gl, [target, data]) => {
    const bytes = typeof data === 'number' ? data : (data as ArrayBufferView).byteLength;
    setSize(gl, boundOf(gl).get(target as number), bytes);
  });
  watch('deleteTexture', (gl, [texture]) => {
    if (sizes.has(texture as object)) holdingsOf(gl).textures--;
    free(gl, texture);
  });
  for (const name of ['deleteBuffer', 'deleteRenderbuffer'] as const) {
    watch(name, (gl, [owner]) => free(gl, owner));
  }
}

function allocate(
  gl: WebGL2RenderingContext,
  target: unknown,
  format: unknown,
  texels: number,
): void {
  const owner = boundOf(gl).get(target as number);
  if (owner instanceof WebGLTexture && !sizes.has(owner)) holdingsOf(gl).textures++;
  setSize(gl, owner, texels * texelBytes(format as number));
}

function free(gl: WebGL2RenderingContext, owner: unknown): void {
  if (typeof owner !== 'object' || owner === null) return;
  setSize(gl, owner, 0);
  sizes.delete(owner);
}
