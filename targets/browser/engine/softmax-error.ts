// Logits, and the error taken from them by a table of exponentials in integers.
//   t = min(4095, rne(f32(f32(max L - L) * 256))), E = expTable[t], Z = sum E, error = f32(f32(f32(E) / f32(Z)) - T)
import { expTable } from '#runtime';
import type { Quantization } from '#runtime';

import { eachSample } from './each-sample.ts';
import type { Gpu } from './gpu.ts';
import { packTargets } from './padding.ts';
import type { Program } from './program.ts';
import type { Texture } from './texture.ts';

const errorProgram = {
  name: 'softmax error',
  inputs: { logits: 'blocks', targets: 'words', exponentials: 'words' },
  outputs: ['blocks'],
  body: `
float logitAt(int group, int c, int s) {
  return intBitsToFloat(texelFetch(logits, ivec3(at(group * quads + (c >> 2)), s), 0)[c & 3]);
}
int exponentialOf(float distance) {
  int t = roundHalfEven(vec4(min(mul(distance, 256.0), 4095.0))).x;
  return texelFetch(exponentials, at(t >> 2), 0)[t & 3];
}
ivec4 errorOf(int i, int s) {
  int group = i / quads;
  int n = 4 * group + s;
  if (n >= batch) return ivec4(0);
  float largest = logitAt(group, 0, s);
  for (int c = 1; c < classes; c++) largest = max(largest, logitAt(group, c, s));
  int sum = 0;
  for (int c = 0; c < classes; c++) sum += exponentialOf(add(largest, -logitAt(group, c, s)));
  float all = toFloat(ivec4(sum)).x;
  int quad = i - group * quads;
  vec4 own = intBitsToFloat(texelFetch(targets, at(n * quads + quad), 0));
  vec4 error = vec4(0.0);
  for (int b = 0; b < 4; b++) {
    int c = 4 * quad + b;
    if (c >= classes) break;
    float share = divide(float(exponentialOf(add(largest, -logitAt(group, c, s)))), all);
    error[b] = add(share, -own[b]);
  }
  return floatBitsToInt(error);
}
void run(int i) {
  ${eachSample('result# = errorOf(i, #);')}
}`,
} as const satisfies Program;

// f32((q - z) * s)
const dequantizeProgram = {
  name: 'dequantize',
  inputs: { values: 'values' },
  floats: ['scale'],
  outputs: ['blocks'],
  body: `
ivec4 real(uint x) { return floatBitsToInt(mul(vec4(channelsOf(x) - zeroPoint), vec4(scale))); }
void run(int i) {
  uvec4 x = texelFetch(values, at(i), 0);
  ${eachSample('result# = real(x.@);')}
}`,
} as const satisfies Program;

/** blocks of float32 [n, 1, 1, classes] from a quantised last value. */
export function dequantize(gpu: Gpu, values: Texture, { scale, zeroPoint }: Quantization): Texture {
  return gpu.make(dequantizeProgram, {
    inputs: { values },
    uniforms: { scale: Math.fround(scale), zeroPoint },
    count: values.count,
  });
}

/** softmax(logits) - targets [batch, classes], blocks; `logits` stays the caller's. */
export function softmaxError(
  gpu: Gpu,
  logits: Texture,
  targets: Float32Array,
  { classes, batch }: { readonly classes: number; readonly batch: number },
): Texture {
  const own = gpu.upload('words', packTargets(targets, classes));
  const exponentials = gpu.upload('words', expTable);
  const error = gpu.make(errorProgram, {
    inputs: { logits, targets: own, exponentials },
    uniforms: { classes, quads: Math.ceil(classes / 4), batch },
    count: logits.count,
  });
  own.release();
  exponentials.release();
  return error;
}
