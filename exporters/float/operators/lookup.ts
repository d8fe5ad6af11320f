import { activationOf } from '../activation.ts';
import type { FloatOperator } from '../operator.ts';

// y = f(x);  dx += f'(x) dy
export const lookup: FloatOperator<'lookup'> = {
  forward({ attributes, inputs, output }) {
    const { value } = activationOf(attributes);
    const x = inputs[0]!.data;
    for (let i = 0; i < x.length; i++) output.data[i] = value(x[i]!);
  },
  backward({ attributes, inputs }, gradients) {
    const { slope } = activationOf(attributes);
    const x = inputs[0]!.data;
    const dx = gradients.inputs[0]!;
    if (dx === null) return;
    for (let i = 0; i < x.length; i++) dx[i]! += slope(x[i]!) * gradients.output[i]!;
  },
};
