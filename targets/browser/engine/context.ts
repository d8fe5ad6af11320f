// The WebGL2 context of tfjs's backend: one per page, shared with any tfjs model that runs there.
// Nothing else of tfjs is used; its programs know neither integer textures nor several outputs.
// oxlint-disable-next-line import/no-unassigned-import -- it defines the flags that the next import reads
import '@tensorflow/tfjs-backend-webgl/dist/flags_webgl.js';
import { getWebGLContext } from '@tensorflow/tfjs-backend-webgl/dist/canvas_util.js';

import { EngineError } from '#runtime';

/** Throws EngineError where the browser has no WebGL2, or only a slow one that tfjs refuses. */
export function openContext(): WebGL2RenderingContext {
  let cause: unknown;
  try {
    const context: unknown = getWebGLContext(2);
    if (context instanceof WebGL2RenderingContext) return context;
  } catch (error) {
    cause = error;
  }
  throw new EngineError('webgl: expected a WebGL2 context, got none; update the browser', {
    cause,
  });
}

/** Throws EngineError once the context is lost: from then on everything reads as zeros. */
export function requireContext(gl: WebGL2RenderingContext): void {
  if (!gl.isContextLost()) return;
  throw new EngineError(
    'webgl: expected a live WebGL2 context, got a lost one; open the engine again and repeat from the last state',
  );
}
