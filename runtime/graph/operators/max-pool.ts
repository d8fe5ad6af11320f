import type { OperatorDefinition } from '../operator.ts';
import { poolShape } from './pool-shape.ts';

// y[p, c] = max over k of x[gather(p, k), c], padding left out
export const maxPool: OperatorDefinition<'maxPool'> = {
  inferShape: ([input], { window }) => poolShape('maxPool', input!, window),
  weightShape: () => null,
};
