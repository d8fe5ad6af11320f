import { UnsupportedError } from '#runtime';

import type { FloatOperator } from '../operator.ts';

export const embedding: FloatOperator<'embedding'> = {
  forward: refuse,
  backward: refuse,
};

function refuse(): never {
  throw new UnsupportedError('embedding: being built');
}
