// Reading textures without blocking: the GPU copies them into a buffer, a fence tells when, and the
// page's own work goes on meanwhile.
import { EngineError } from '#runtime';

import { requireContext } from './context.ts';
import type { Gpu } from './gpu.ts';
import { nextTask } from './next-task.ts';
import type { Texture } from './texture.ts';

/**
 * The numbers of textures, in the order given; of blocks one layer after another, each with the
 * padding of its last row. Throws EngineError where the context was lost: what it would read are zeros.
 */
export async function readTextures(gpu: Gpu, textures: readonly Texture[]): Promise<Int32Array[]> {
  const { gl } = gpu;
  const spans: { readonly start: number; readonly end: number }[] = [];
  let length = 0;
  for (const { kind, width, height } of textures) {
    const start = length;
    length += 4 * width * height * (kind === 'blocks' ? 4 : 1);
    spans.push({ start, end: length });
  }
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
  gl.bufferData(gl.PIXEL_PACK_BUFFER, 4 * length, gl.STREAM_READ);
  gl.pixelStorei(gl.PACK_ALIGNMENT, 4);
  let offset = 0;
  for (const texture of textures) {
    const { width, height } = gpu.attach([texture]);
    const type = texture.kind === 'values' ? gl.UNSIGNED_INT : gl.INT;
    for (let layer = 0; layer < (texture.kind === 'blocks' ? 4 : 1); layer++) {
      gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
      gl.readPixels(0, 0, width, height, gl.RGBA_INTEGER, type, 4 * offset);
      offset += 4 * width * height;
    }
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
    return spans.map(({ start, end }) => values.subarray(start, end));
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
  if (polls <= 2) return nextTask();
  return new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
}
