import { UnsupportedError } from '#runtime';

import type { FloatOperator } from '../operator.ts';

export const recurrent: FloatOperator<'recurrent'> = {
  forward: refuse,
  backward: refuse,
};

function refuse(): never {
  throw new UnsupportedError('recurrent: being built');
}
