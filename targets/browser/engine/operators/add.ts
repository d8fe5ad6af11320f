import { clampRange } from '#runtime';

import type { Operator } from '../operator.ts';
import type { Program } from '../program.ts';
import { inputQuantization, itemAt, outputQuantization, texelsOf } from '../site.ts';

// y = rne(f32(f32(f32(a - z_a) * m_a) + f32(f32(b - z_b) * m_b))) + z_y, clamped; m = f32(s / s_y)
const program = {
  name: 'add',
  inputs: { a: 'bytes', b: 'bytes' },
  integers: ['zeroA', 'zeroB', 'zeroY', 'lo', 'hi'],
  floats: ['scaleA', 'scaleB'],
  outputs: ['bytes'],
  body: `
void run(int i) {
  vec4 left = mul(vec4(ivec4(texelFetch(a, at(i), 0)) - zeroA), vec4(scaleA));
  vec4 right = mul(vec4(ivec4(texelFetch(b, at(i), 0)) - zeroB), vec4(scaleB));
  result0 = uvec4(clamp(roundHalfEven(add(left, right)) + zeroY, ivec4(lo), ivec4(hi)));
}`,
} as const satisfies Program;

// da = dy, db = dy
export const add: Operator<'add'> = {
  forward(gpu, site, { inputs, batch }) {
    const [qa, qb] = [inputQuantization(site, 0), inputQuantization(site, 1)];
    const output = outputQuantization(site);
    const scale = Math.fround(output.scale);
    return gpu.make(program, {
      inputs: { a: itemAt(inputs, 0, 'input'), b: itemAt(inputs, 1, 'input') },
      uniforms: {
        zeroA: qa.zeroPoint,
        zeroB: qb.zeroPoint,
        zeroY: output.zeroPoint,
        scaleA: Math.fround(Math.fround(qa.scale) / scale),
        scaleB: Math.fround(Math.fround(qb.scale) / scale),
        ...clampRange(site.attributes.clamp, output),
      },
      count: texelsOf(site.outputShape, batch),
    });
  },
  backward: (_gpu, _site, { gradient, wanted }) =>
    wanted.map((isWanted) => (isWanted ? gradient.retain() : null)),
};
