import { clampRange } from '#runtime';

import type { Operator } from '../operator.ts';
import type { Program } from '../program.ts';
import { inputQuantization, itemAt, outputQuantization, texelsOf } from '../site.ts';

// y = rne(f32(f32(f32(a - z_a) * m_a) + f32(f32(b - z_b) * m_b))) + z_y, clamped; m = f32(s / s_y)
const program = {
  name: 'add',
  inputs: { a: 'values', b: 'values' },
  floats: ['scaleA', 'scaleB'],
  outputs: ['values'],
  body: `
uint sum(uint l, uint r) {
  vec4 left = mul(vec4(channelsOf(l) - zeroA), vec4(scaleA));
  vec4 right = mul(vec4(channelsOf(r) - zeroB), vec4(scaleB));
  return packed(clamp(roundHalfEven(add(left, right)) + zeroY, ivec4(lo), ivec4(hi)));
}
void run(int i) {
  uvec4 l = texelFetch(a, at(i), 0);
  uvec4 r = texelFetch(b, at(i), 0);
  result0 = uvec4(sum(l.x, r.x), sum(l.y, r.y), sum(l.z, r.z), sum(l.w, r.w));
}`,
} as const satisfies Program;

// da = dy, db = dy
export const add: Operator<'add'> = {
  forward(gpu, site, { inputs, batch }) {
    const [qa, qb] = [inputQuantization(site, 0), inputQuantization(site, 1)];
    const output = outputQuantization(site);
    const scale = Math.fround(output.scale);
    return gpu.make(program, {
      inputs: { a: itemAt(inputs, 0), b: itemAt(inputs, 1) },
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
