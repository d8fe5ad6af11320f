import { UnsupportedError } from '#runtime';

import type { OperatorProgram } from './operator-program.ts';

export const embedding: OperatorProgram<'embedding'> = {
  saves: [],
  forward: refuse,
  backward: refuse,
};

function refuse(): never {
  throw new UnsupportedError('embedding: being built');
}
