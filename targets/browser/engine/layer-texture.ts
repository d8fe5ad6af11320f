// How the weights of a layer, or a feedback matrix, lie in a texture of words.
//
// Rows (channels made) and channels read come in fours. Per four rows there are `columns` texels:
// one for each window offset k and each of `quads` groups of four channels read, then the bias.
//   texel [row / 4][k * quads + j]  word r: weights of row 4 (row / 4) + r, byte b: channel 4 (first + j) + b
//   texel [row / 4][columns - 1]    word r: bias of that row
// `first` is the first four channels that any of the four rows reads: (4 (row / 4) / rowsPerGroup)
// * channelsPerGroup / 4. Entries that join no channel of a row's own group are 0 and stay so.
import type { LayerParameters } from '#runtime';

export interface MatrixShape {
  readonly rows: number;
  readonly channels: number;
  readonly groups: number;
  /** Window offsets. */
  readonly offsets: number;
}

export type MatrixUniforms = Readonly<
  Record<'rows' | 'channels' | 'rowsPerGroup' | 'channelsPerGroup' | 'quads' | 'columns', number>
>;

export function matrixUniforms({ rows, channels, groups, offsets }: MatrixShape): MatrixUniforms {
  const [rowsPerGroup, channelsPerGroup] = [rows / groups, channels / groups];
  let quads = 0;
  for (let row = 0; row < rows; row += 4) {
    const from = firstQuad(row, rowsPerGroup, channelsPerGroup);
    const lastGroup = Math.floor((Math.min(row + 4, rows) - 1) / rowsPerGroup);
    quads = Math.max(quads, Math.ceil(((lastGroup + 1) * channelsPerGroup) / 4) - from);
  }
  const columns = offsets * quads + 1;
  return { rows, channels, rowsPerGroup, channelsPerGroup, quads, columns };
}

function firstQuad(row: number, rowsPerGroup: number, channelsPerGroup: number): number {
  return Math.floor((Math.floor(row / rowsPerGroup) * channelsPerGroup) / 4);
}

/** Texels of the layout. */
export function matrixTexels({ rows, columns }: MatrixUniforms): number {
  return Math.ceil(rows / 4) * columns;
}

/** Calls `use` with each weight's index, [row, k, c within the group], and where it lies: byte and word. */
function forEachWeight(
  { rows, rowsPerGroup, channelsPerGroup, quads, columns }: MatrixUniforms,
  use: (index: number, word: number, byte: number) => void,
): void {
  const offsets = (columns - 1) / quads;
  let index = 0;
  for (let row = 0; row < rows; row++) {
    const quad = row >> 2;
    const first = 4 * firstQuad(4 * quad, rowsPerGroup, channelsPerGroup);
    const start = Math.floor(row / rowsPerGroup) * channelsPerGroup - first;
    for (let k = 0; k < offsets; k++) {
      for (let c = start; c < start + channelsPerGroup; c++) {
        const texel = quad * columns + k * quads + (c >> 2);
        use(index++, 4 * texel + (row & 3), c & 3);
      }
    }
  }
}

export function packMatrix(
  uniforms: MatrixUniforms,
  weights: Int8Array,
  bias: Int32Array | null,
): Int32Array {
  const words = new Int32Array(4 * matrixTexels(uniforms));
  const bytes = new Int8Array(words.buffer);
  forEachWeight(uniforms, (index, word, byte) => {
    bytes[4 * word + byte] = weights[index] ?? 0;
  });
  bias?.forEach((value, row) => (words[biasWord(uniforms, row)] = value));
  return words;
}

export function unpackMatrix(
  uniforms: MatrixUniforms,
  words: Int32Array,
  { weights, bias }: LayerParameters,
): void {
  forEachWeight(uniforms, (index, word, byte) => {
    weights[index] = ((words[word] ?? 0) << (24 - 8 * byte)) >> 24;
  });
  bias.forEach((_, row) => (bias[row] = words[biasWord(uniforms, row)] ?? 0));
}

function biasWord({ columns }: MatrixUniforms, row: number): number {
  return 4 * ((row >> 2) * columns + columns - 1) + (row & 3);
}
