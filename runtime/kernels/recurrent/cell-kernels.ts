// Every cell, one file each.
import type { CellName } from '../../graph/cell.ts';
import type { CellKernel } from './cell-kernel.ts';
import { gru } from './gru.ts';
import { lstm } from './lstm.ts';
import { rnn } from './rnn.ts';

export const cellKernels: { readonly [Name in CellName]: CellKernel } = { lstm, gru, rnn };
