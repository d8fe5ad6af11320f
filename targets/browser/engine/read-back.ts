// Reading textures without blocking: the GPU copies them into a buffer, a fence tells when, and the
// page's own work goes on meanwhile.
import { EngineError } from '#runtime';

import { requireContext } from './context.ts';
import type { Gpu } from './gpu.ts';
import type { Texture } from './texture.ts';

/**
 * The numbers of `bytes` and `words` textures, four to a texel, in the order given; uint8 values come
 * as int32 too. Throws EngineError where the context was lost: what it would read are zeros.
 */
export async function readTextures(gpu: Gpu, textures: readonly Texture[]): Promise<Int32Array[]> {
  const { gl } = gpu;
  const offsets: number[] = [];
  let length = 0;
  for (const { width, height } of textures) {
    offsets.push(length);
    length += 4 * width * height;
  }
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
  gl.bufferData(gl.PIXEL_PACK_BUFFER, 4 * length, gl.STREAM_READ);
  gl.pixelStorei(gl.PACK_ALIGNMENT, 4);
  for (const [index, texture] of textures.entries()) {
    const { width, height } = gpu.attach([texture]);
    gl.readBuffer(gl.COLOR_ATTACHMENT0);
    const type = texture.kind === 'bytes' ? gl.UNSIGNED_INT : gl.INT;
    gl.readPixels(0, 0, width, height, gl.RGBA_INTEGER, type, 4 * (offsets[index] ?? 0));
  }
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  try {
    await finished(gl);
    const values = new Int32Array(length);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, values);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    requireContext(gl);
    return textures.map(({ count }, index) => {
      const start = offsets[index] ?? 0;
      return values.subarray(start, start + 4 * count);
    });
  } finally {
    gl.deleteBuffer(buffer);
  }
}

/** Resolves when everything drawn so far is done. */
async function finished(gl: WebGL2RenderingContext): Promise<void> {
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  gl.flush();
  if (fence === null) return requireContext(gl);
  try {
    for (let polls = 0; ; polls++) {
      await pause(polls);
      requireContext(gl);
      const status = gl.clientWaitSync(fence, 0, 0);
      if (status === gl.ALREADY_SIGNALED || status === gl.CONDITION_SATISFIED) return;
      if (status === gl.WAIT_FAILED) {
        throw new EngineError(
          'webgl: expected the GPU to finish, got a failed wait; open the engine again',
        );
      }
    }
  } finally {
    gl.deleteSync(fence);
  }
}

/** Lets the page do something else: a moment at first, then at least a millisecond, which browsers stretch to 4. */
function pause(polls: number): Promise<void> {
  return new Promise((resolve) => {
    if (polls > 2) {
      setTimeout(resolve, 1);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener(
      'message',
      () => {
        port1.close();
        resolve();
      },
      { once: true },
    );
    port1.start();
    port2.postMessage(null);
  });
}
