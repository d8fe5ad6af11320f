// A recurrent layer made ready to run: its two linear maps and the numbers that go with them.
import { cells, hiddenQuantization, linearMaps, rowsOf } from '../../graph/cell.ts';
import type { Cell, LinearMaps } from '../../graph/cell.ts';
import { parametersOf } from '../site.ts';
import type { Site } from '../site.ts';
import type { CellKernel } from './cell-kernel.ts';
import { cellKernels } from './cell-kernels.ts';

export interface RecurrentLayer {
  readonly name: string;
  readonly cell: Cell;
  readonly kernel: CellKernel;
  /** Views of the arrays that learning updates. */
  readonly maps: LinearMaps;
  readonly steps: number;
  readonly features: number;
  readonly hiddenSize: number;
  /** Gates times hidden size. */
  readonly rows: number;
  readonly inputZeroPoint: number;
  /** From int32 sums to table entries: mx[o] of W, mh[o] of U. */
  readonly inputMultipliers: Float32Array;
  readonly hiddenMultipliers: Float32Array;
  readonly reverse: boolean;
}

export function recurrentLayerOf(site: Site<'recurrent'>): RecurrentLayer {
  const { attributes, inputShapes, name } = site;
  const [steps, , features] = inputShapes[0]!;
  const { scale, zeroPoint } = site.inputQuantization[0]!;
  const cell = cells[attributes.cell];
  const { hiddenSize, reverse } = attributes;
  const maps = linearMaps(parametersOf(site), attributes, features);
  return {
    name,
    cell,
    kernel: cellKernels[attributes.cell],
    maps,
    steps,
    features,
    hiddenSize,
    rows: rowsOf(attributes),
    inputZeroPoint: zeroPoint,
    inputMultipliers: entriesPerUnit(scale, maps.input.weightScales, cell, hiddenSize),
    hiddenMultipliers: entriesPerUnit(
      hiddenQuantization.scale,
      maps.hidden.weightScales,
      cell,
      hiddenSize,
    ),
    reverse,
  };
}

// m[o] = f32(f32(s * s_w[o]) * k[o]), k = 512 in the rows of the tanh gate, 256 in the others
function entriesPerUnit(
  scale: number,
  weightScales: Float32Array,
  { tanhGate }: Cell,
  hiddenSize: number,
): Float32Array {
  const s = Math.fround(scale);
  const result = new Float32Array(weightScales.length);
  const first = tanhGate * hiddenSize;
  for (let o = 0; o < result.length; o++) {
    const isTanh = o >= first && o < first + hiddenSize;
    result[o] = Math.fround(s * weightScales[o]!) * (isTanh ? 512 : 256);
  }
  return result;
}
