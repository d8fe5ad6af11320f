// .npz: `x`, and `y` and `user` where there are any, as np.savez(file, x=..., y=..., user=...) writes them.
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
  return {
    x: readNumbers(x, new Float32Array(x.count)),
    shape: x.shape,
    ...(y && { y: readColumn(y, count, isClassIndex) }),
    ...(user && { user: readColumn(user, count, Number.isSafeInteger) }),
  };
}

/** One integer or text for each sample. */
function readColumn(
  array: NpyArray,
  count: number,
  isValid: (value: number) => boolean,
): number[] | string[] {
  const { where, shape } = array;
  if (array.count !== count || shape[0] !== count) {
    throw new InputError(
      `${where}: expected one value for each of ${count} samples, got shape [${shape.join(', ')}]`,
    );
  }
  const texts = readTexts(array);
  if (texts) return texts;
  const numbers = Array.from(readNumbers(array, new Float64Array(count)));
  const wrong = numbers.findIndex((number) => !isValid(number));
  if (wrong < 0) return numbers;
  throw new FormatError(`${where}[${wrong}]: expected an index or text, got ${numbers[wrong]}`);
}

function isClassIndex(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}
