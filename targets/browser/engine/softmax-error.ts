// Logits, and the error taken from them by a table of exponentials in integers.
//   t = min(4095, rne(f32(f32(max L - L) * 256))), E = expTable[t], Z = sum E, error = f32(f32(f32(E) / f32(Z)) - T)
import { expTable } from '#runtime';
import type { Quantization } from '#runtime';

import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';
import type { Texture } from './texture.ts';

const errorProgram = {
  name: 'softmax error',
  inputs: { logits: 'words', targets: 'words', exponentials: 'words' },
  integers: ['classes', 'quads'],
  outputs: ['words'],
  body: `
float logitAt(int n, int c) { return intBitsToFloat(texelFetch(logits, at(n * quads + (c >> 2)), 0)[c & 3]); }
int exponentialOf(float distance) {
  int t = roundHalfEven(vec4(min(mul(distance, 256.0), 4095.0))).x;
  return texelFetch(exponentials, at(t >> 2), 0)[t & 3];
}
void run(int i) {
  int n = i / quads;
  float largest = logitAt(n, 0);
  for (int c = 1; c < classes; c++) largest = max(largest, logitAt(n, c));
  int sum = 0;
  for (int c = 0; c < classes; c++) sum += exponentialOf(add(largest, -logitAt(n, c)));
  float all = toFloat(ivec4(sum)).x;
  vec4 own = intBitsToFloat(texelFetch(targets, at(i), 0));
  vec4 error = vec4(0.0);
  for (int b = 0; b < 4; b++) {
    int c = 4 * (i - n * quads) + b;
    if (c >= classes) break;
    float share = divide(float(exponentialOf(add(largest, -logitAt(n, c)))), all);
    error[b] = add(share, -own[b]);
  }
  result0 = floatBitsToInt(error);
}`,
} as const satisfies Program;

// f32((q - z) * s)
const dequantizeProgram = {
  name: 'dequantize',
  inputs: { values: 'bytes' },
  integers: ['zeroPoint'],
  floats: ['scale'],
  outputs: ['words'],
  body: `
void run(int i) {
  result0 = floatBitsToInt(mul(vec4(ivec4(texelFetch(values, at(i), 0)) - zeroPoint), vec4(scale)));
}`,
} as const satisfies Program;

/** words [n, 1, 1, classes] of float32 from a quantised last value. */
export function dequantize(gpu: Gpu, values: Texture, { scale, zeroPoint }: Quantization): Texture {
  return gpu.make(dequantizeProgram, {
    inputs: { values },
    uniforms: { scale: Math.fround(scale), zeroPoint },
    count: values.count,
  });
}

/** The table of exponentials, 4096 words. */
export function uploadExponentials(gpu: Gpu): Texture {
  return gpu.upload('words', expTable);
}

/** softmax(logits) - targets, words [n, 1, 1, classes] of float32; padding holds 0. */
export function softmaxError(
  gpu: Gpu,
  inputs: { readonly logits: Texture; readonly targets: Texture; readonly exponentials: Texture },
  classes: number,
): Texture {
  return gpu.make(errorProgram, {
    inputs,
    uniforms: { classes, quads: Math.ceil(classes / 4) },
    count: inputs.logits.count,
  });
}
