// Every operator, one file each; a name missing here is a type error.
import type { OperatorName } from '#runtime';

import type { FloatOperator } from '../operator.ts';
import { add } from './add.ts';
import { averagePool } from './average-pool.ts';
import { concat } from './concat.ts';
import { conv } from './conv.ts';
import { dense } from './dense.ts';
import { embedding } from './embedding.ts';
import { lookup } from './lookup.ts';
import { maxPool } from './max-pool.ts';
import { mul } from './mul.ts';
import { recurrent } from './recurrent.ts';

export const floatOperators: { readonly [Name in OperatorName]: FloatOperator<Name> } = {
  conv,
  dense,
  add,
  mul,
  concat,
  maxPool,
  averagePool,
  lookup,
  embedding,
  recurrent,
};
