// .npz: `x`, and `y`, `user` and `lengths` where there are any, as np.savez(file, x=..., y=..., user=...) writes them.
import { FormatError, InputError } from '#runtime';

import { parseNpy, readNumbers, readTexts } from './npy.ts';
import type { NpyArray } from './npy.ts';
import { mostValues } from './samples.ts';
import type { Samples } from './samples.ts';
import { readZipEntries } from './zip-entries.ts';

const largestColumn = 2 ** 24;
const wanted: ReadonlyMap<string, number> = new Map([
  ['x.npy', 2 ** 29],
  ['y.npy', largestColumn],
  ['user.npy', largestColumn],
  ['lengths.npy', largestColumn],
]);

/** Reads a file whatever the shape of its samples. Throws FormatError naming file and array. */
export async function readNpz(path: string): Promise<Samples> {
  const entries = await readZipEntries(path, wanted);
  const array = (name: string): NpyArray | null => {
    const bytes = entries.get(`${name}.npy`);
    entries.delete(`${name}.npy`);
    return bytes ? parseNpy(bytes, `${path}: ${name}`) : null;
  };
  const x = array('x');
  if (!x)
    throw new InputError(`${path}: expected an array x, got none; use np.savez(file, x=x, y=y)`);
  const [count = 0] = x.shape;
  if (x.shape.length < 2 || x.count === 0) {
    throw new InputError(
      `${path}: x: expected samples along the first axis, got shape [${x.shape.join(', ')}]`,
    );
  }
  if (x.count > mostValues) {
    throw new InputError(
      `${path}: x: expected at most ${mostValues} values, got ${x.count}; split the file`,
    );
  }
  const y = array('y');
  const user = array('user');
  const lengths = array('lengths');
  const labels = y && (y.shape.length === 2 ? (y.shape[1] ?? 1) : 1);
  return {
    x: readNumbers(x, new Float32Array(x.count)),
    shape: x.shape,
    ...(y && { y: readColumn(y, [count, labels ?? 1], isClassIndex) }),
    ...(user && { user: readColumn(user, [count, 1], Number.isSafeInteger) }),
    ...(lengths && { lengths: readColumn(lengths, [count, 1], isLength).map(Number) }),
  };
}

/** One integer or text for each sample, or as many each as the second axis has. */
function readColumn(
  array: NpyArray,
  [count, each]: readonly [number, number],
  isValid: (value: number, each: number) => boolean,
): number[] | string[] {
  const { where, shape } = array;
  if (array.count !== count * each || shape[0] !== count) {
    throw new InputError(
      `${where}: expected one value for each of ${count} samples, got shape [${shape.join(', ')}]`,
    );
  }
  const texts = readTexts(array);
  if (texts) return texts;
  const numbers = Array.from(readNumbers(array, new Float64Array(count * each)));
  const wrong = numbers.findIndex((number) => !isValid(number, each));
  if (wrong < 0) return numbers;
  throw new FormatError(`${where}[${wrong}]: expected an index or text, got ${numbers[wrong]}`);
}

function isClassIndex(value: number, each: number): boolean {
  return Number.isInteger(value) && value >= (each > 1 ? -1 : 0);
}

function isLength(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}
