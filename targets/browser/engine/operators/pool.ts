// What both pools share: their uniforms, and the sum that brings shares of the gradient back.
import { inputShape, quadsOf } from '../site.ts';
import type { Site } from '../site.ts';
import { windowUniforms } from '../window.ts';
import type { WindowUniforms } from '../window.ts';

export function poolUniforms(
  site: Site<'maxPool'> | Site<'averagePool'>,
): WindowUniforms & { readonly channelQuads: number } {
  const input = inputShape(site);
  return {
    ...windowUniforms(input, site.attributes.window),
    channelQuads: quadsOf(site.outputShape),
  };
}

/** GLSL: runs STATEMENT for each window offset of output `at0` with `from`, the input texel it reads. */
export function forEachRead(statement: string): string {
  return `
  for (int ky = 0; ky < kernelHeight; ky++) {
    int y = at0.y * strideY + ky * dilationY - padTop;
    if (y < 0 || y >= inputHeight) continue;
    for (int kx = 0; kx < kernelWidth; kx++) {
      int x = at0.x * strideX + kx * dilationX - padLeft;
      if (x < 0 || x >= inputWidth) continue;
      int from = ((at0.group * inputHeight + y) * inputWidth + x) * channelQuads + at0.quad;
      ${statement}
    }
  }`;
}

/** GLSL: runs STATEMENT for each window offset, ascending, by which an output texel `from` read input `q`. */
export function forEachReach(statement: string): string {
  return `
  for (int ky = 0; ky < kernelHeight; ky++) {
    int py = reached(q.y, ky, dilationY, padTop, strideY, outputHeight);
    if (py < 0) continue;
    for (int kx = 0; kx < kernelWidth; kx++) {
      int px = reached(q.x, kx, dilationX, padLeft, strideX, outputWidth);
      if (px < 0) continue;
      int from = ((q.group * outputHeight + py) * outputWidth + px) * channelQuads + q.quad;
      ${statement}
    }
  }`;
}
