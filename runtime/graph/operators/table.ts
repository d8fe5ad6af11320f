// Every operator, one file each.
import type { OperatorDefinition, OperatorName } from '../operator.ts';
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

export const operators: { readonly [Name in OperatorName]: OperatorDefinition<Name> } = {
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
