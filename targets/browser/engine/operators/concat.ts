import type { Quantization } from '#runtime';

import { eachSample } from '../each-sample.ts';
import type { Gpu } from '../gpu.ts';
import type { Operator } from '../operator.ts';
import type { Program } from '../program.ts';
import {
  inputQuantization,
  inputShape,
  itemAt,
  outputQuantization,
  groupsOf,
  quadsOf,
  texelsOf,
} from '../site.ts';
import type { Texture } from '../texture.ts';

// y[p] = [x_0[p], x_1[p], ...], each rne(f32(f32(x - z_x) * f32(s_x / s_y))) + z_y. Two at a time: what
// was joined so far has the output's quantization already, and m = 1 keeps it as it is.
const joinProgram = {
  name: 'concat',
  inputs: { left: 'values', right: 'values' },
  floats: ['scaleLeft', 'scaleRight'],
  outputs: ['values'],
  body: `
void run(int i) {
  int p = i / quads;
  uvec4 y = uvec4(0);
  for (int b = 0; b < 4; b++) {
    int c = 4 * (i - p * quads) + b;
    if (c >= channels) break;
    bool isLeft = c < leftChannels;
    int own = isLeft ? c : c - leftChannels;
    uvec4 texel = isLeft ? texelFetch(left, at(p * leftQuads + (own >> 2)), 0)
      : texelFetch(right, at(p * rightQuads + (own >> 2)), 0);
    ivec4 x = ivec4((texel >> uint(8 * (own & 3))) & 255u) - (isLeft ? zeroLeft : zeroRight);
    ivec4 q = roundHalfEven(mul(vec4(x), vec4(isLeft ? scaleLeft : scaleRight))) + zeroY;
    y |= uvec4(clamp(q, ivec4(0), ivec4(255))) << uint(8 * b);
  }
  result0 = y;
}`,
} as const satisfies Program;

// dx = the slice of dy that x went to
const sliceProgram = {
  name: 'slice',
  inputs: { gradients: 'blocks' },
  outputs: ['blocks'],
  body: `
ivec4 sampleOf(int i, int s) {
  int p = i / ownQuads;
  ivec4 g = ivec4(0);
  for (int b = 0; b < 4; b++) {
    int own = 4 * (i - p * ownQuads) + b;
    int c = own + offset;
    if (own < ownChannels) g[b] = texelFetch(gradients, ivec3(at(p * quads + (c >> 2)), s), 0)[c & 3];
  }
  return g;
}
void run(int i) {
  ${eachSample('result# = sampleOf(i, #);')}
}`,
} as const satisfies Program;

interface Part {
  readonly texture: Texture;
  readonly channels: number;
  readonly quantization: Quantization;
}

export const concat: Operator<'concat'> = {
  forward(gpu, site, { inputs, batch }) {
    const output = outputQuantization(site);
    const positions = groupsOf(batch) * site.outputShape[0] * site.outputShape[1];
    const parts = inputs.map((texture, index) => ({
      texture,
      channels: inputShape(site, index)[2],
      quantization: inputQuantization(site, index),
    }));
    let joined: Part = {
      ...itemAt(parts, 0),
      texture: itemAt(parts, 0).texture.retain(),
    };
    // Alone, the first input is joined with none of its own channels, to be requantised.
    const others = parts.length > 1 ? parts.slice(1) : [{ ...joined, channels: 0 }];
    for (const part of others) {
      const texture = join(gpu, joined, part, { output, positions });
      joined.texture.release();
      joined = { texture, channels: joined.channels + part.channels, quantization: output };
    }
    return joined.texture;
  },
  backward(gpu, site, { gradient, batch, wanted }) {
    let end = 0;
    return site.inputShapes.map((shape, index) => {
      const offset = end;
      end += shape[2];
      if (wanted[index] !== true) return null;
      return gpu.make(sliceProgram, {
        inputs: { gradients: gradient },
        uniforms: {
          quads: quadsOf(site.outputShape),
          ownQuads: quadsOf(shape),
          ownChannels: shape[2],
          offset,
        },
        count: texelsOf(shape, batch),
      });
    });
  },
};

function join(
  gpu: Gpu,
  left: Part,
  right: Part,
  { output, positions }: { readonly output: Quantization; readonly positions: number },
): Texture {
  const channels = left.channels + right.channels;
  const scale = Math.fround(output.scale);
  return gpu.make(joinProgram, {
    inputs: { left: left.texture, right: right.texture },
    uniforms: {
      quads: Math.ceil(channels / 4),
      leftQuads: Math.ceil(left.channels / 4),
      rightQuads: Math.ceil(right.channels / 4),
      leftChannels: left.channels,
      channels,
      zeroLeft: left.quantization.zeroPoint,
      zeroRight: right.quantization.zeroPoint,
      zeroY: output.zeroPoint,
      scaleLeft: Math.fround(Math.fround(left.quantization.scale) / scale),
      scaleRight: Math.fround(Math.fround(right.quantization.scale) / scale),
    },
    count: positions * Math.ceil(channels / 4),
  });
}
