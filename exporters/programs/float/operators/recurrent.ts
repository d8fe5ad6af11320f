import { UnsupportedError } from '#runtime';

import type { FloatOperatorProgram } from '../float-operator.ts';

export const recurrent: FloatOperatorProgram<'recurrent'> = {
  forward: refuse,
  backward: refuse,
};

function refuse(): never {
  throw new UnsupportedError('recurrent: being built');
}
