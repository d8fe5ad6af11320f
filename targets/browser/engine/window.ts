// A sliding window as uniforms, for convolutions and pools.
import { windowOutput } from '#runtime';
import type { Shape, Window } from '#runtime';

export type WindowUniforms = Readonly<
  Record<
    | 'inputHeight'
    | 'inputWidth'
    | 'outputHeight'
    | 'outputWidth'
    | 'kernelHeight'
    | 'kernelWidth'
    | 'strideY'
    | 'strideX'
    | 'dilationY'
    | 'dilationX'
    | 'padTop'
    | 'padLeft',
    number
  >
>;

export function windowUniforms(input: Shape, window: Window): WindowUniforms {
  const [outputHeight, outputWidth] = windowOutput(input, window);
  return {
    inputHeight: input[0],
    inputWidth: input[1],
    outputHeight,
    outputWidth,
    kernelHeight: window.kernel[0],
    kernelWidth: window.kernel[1],
    strideY: window.stride[0],
    strideX: window.stride[1],
    dilationY: window.dilation[0],
    dilationX: window.dilation[1],
    padTop: window.pads[0],
    padLeft: window.pads[1],
  };
}

/**
 * GLSL. `Place` is where texel i of a value [group of samples, y, x, quad] lies. The output that window offset k of
 * input row y belongs to is `reached(y, k, ...)`, or -1 where there is none.
 */
export const places: string = `
struct Place { int group; int y; int x; int quad; };

Place placeOf(int i, int height, int width, int quads) {
  int p = i / quads;
  int row = p / width;
  int group = row / height;
  return Place(group, row - group * height, p - row * width, i - p * quads);
}

int reached(int y, int k, int dilation, int pad, int stride, int size) {
  int along = y + pad - k * dilation;
  if (along < 0) return -1;
  int p = along / stride;
  return p * stride == along && p < size ? p : -1;
}
`;
