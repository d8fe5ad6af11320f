import { UnsupportedError } from '#runtime';

import type { FloatOperatorProgram } from '../float-operator.ts';

export const embedding: FloatOperatorProgram<'embedding'> = {
  forward: refuse,
  backward: refuse,
};

function refuse(): never {
  throw new UnsupportedError('embedding: being built');
}
