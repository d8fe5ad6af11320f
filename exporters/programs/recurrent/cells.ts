// Every cell, one file each.
import type { CellName } from '#runtime';

import type { CellProgram } from './cell-program.ts';
import { gru } from './gru.ts';
import { lstm } from './lstm.ts';
import { rnn } from './rnn.ts';

export const cellPrograms: { readonly [Name in CellName]: CellProgram } = { lstm, gru, rnn };
