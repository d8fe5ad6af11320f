import { UnsupportedError } from '#runtime';

import type { OperatorProgram } from './operator-program.ts';

export const recurrent: OperatorProgram<'recurrent'> = {
  saves: [],
  forward: refuse,
  backward: refuse,
};

function refuse(): never {
  throw new UnsupportedError('recurrent: being built');
}
