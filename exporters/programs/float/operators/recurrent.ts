import type { FloatOperatorProgram } from '../float-operator.ts';
import { floatRecurrentForward } from '../float-recurrent.ts';

// h[t], s[t] = cell(x[t], h[t-1], s[t-1]); the gradient of input and weights is one loop, see float-recurrent.ts
export const recurrent: FloatOperatorProgram<'recurrent'> = {
  forward: (graph, site, [x]) => floatRecurrentForward(graph, site, x!),
  backward(_graph, { index }) {
    throw new TypeError(`node ${index}: expected floatRecurrentBackward to be called`);
  },
};
