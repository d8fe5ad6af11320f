import { clampInPlace, gateGradient } from '../clamp.ts';
import type { FloatOperator } from '../operator.ts';

// y = clamp(a + b);  dz = dy gated by the clamp;  da += dz;  db += dz
export const add: FloatOperator<'add'> = {
  forward({ attributes, inputs, output }) {
    const [a, b] = [inputs[0]!.data, inputs[1]!.data];
    const y = output.data;
    for (let i = 0; i < y.length; i++) y[i] = a[i]! + b[i]!;
    clampInPlace(y, attributes.clamp);
  },
  backward({ attributes, output }, gradients) {
    const dz = gateGradient(gradients.output, output.data, attributes.clamp);
    for (const dx of gradients.inputs) {
      if (dx === null) continue;
      for (let i = 0; i < dx.length; i++) dx[i]! += dz[i]!;
    }
  },
};
