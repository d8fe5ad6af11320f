import type { OperatorDefinition } from '../operator.ts';
import { poolShape } from './pool-shape.ts';

// y[p, c] = mean over k of x[gather(p, k), c]
export const averagePool: OperatorDefinition<'averagePool'> = {
  inferShape: ([input], { window }) => poolShape('averagePool', input!, window),
  weightShape: () => null,
};
