// The index tables that programs take as inputs. A table's name says all there is to know of it, so
// equal tables of all programs are one array.
import { Tensor } from 'onnxruntime-node';

import { EngineError, gatherTable, scatterTable } from '#runtime';
import type { Shape, Window } from '#runtime';

export class IndexTables {
  readonly #tables = new Map<string, Tensor>();

  /** True of `gather:...`, `scatter:...` and `cells:...`. */
  isTable(input: string): boolean {
    return /^(?:gather|scatter|cells):/.test(input);
  }

  get(name: string): Tensor {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const table = makeTable(name);
    this.#tables.set(name, table);
    return table;
  }
}

function makeTable(name: string): Tensor {
  const [kind, geometry] = name.split(':') as [string, string];
  const sizes = geometry.split(',').map(Number);
  if (kind === 'cells' && sizes.length === 4 && sizes.every((size) => size > 0)) {
    return cellTable(sizes as [number, number, number, number]);
  }
  if (kind !== 'cells' && sizes.length === 12 && sizes.every((size) => size >= 0)) {
    return windowTable(kind as 'gather' | 'scatter', sizes);
  }
  throw new EngineError(`programs: expected a known index table, got "${name}"; export again`);
}

/** `height,width,kernel,stride,dilation,pads`: int32 [positions, offsets]. */
function windowTable(kind: 'gather' | 'scatter', sizes: number[]): Tensor {
  const [height = 0, width = 0] = sizes;
  const shape: Shape = [height, width, 1];
  const window = {
    kernel: sizes.slice(2, 4),
    stride: sizes.slice(4, 6),
    dilation: sizes.slice(6, 8),
    pads: sizes.slice(8),
  } as unknown as Window;
  const table = kind === 'gather' ? gatherTable(shape, window) : scatterTable(shape, window);
  const offsets = window.kernel[0] * window.kernel[1];
  return new Tensor('int32', table, [table.length / offsets, offsets]);
}

/** `grid height,grid width,height,width`: position (y, x) takes cell (floor(y gridHeight / height), ...). */
function cellTable([gridHeight, gridWidth, height, width]: [
  number,
  number,
  number,
  number,
]): Tensor {
  const table = Int32Array.from({ length: height * width }, (_, position) => {
    const y = Math.floor((Math.floor(position / width) * gridHeight) / height);
    const x = Math.floor(((position % width) * gridWidth) / width);
    return y * gridWidth + x;
  });
  return new Tensor('int32', table, [height * width]);
}
