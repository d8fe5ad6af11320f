import { InputError } from '#runtime';

import { readBounded } from '../data/read-bounded.ts';

const mostBytes = 2 ** 20;

/** Names of the classes, one per line of a text file, in the order of the model's outputs. */
export async function readLabels(path: string): Promise<string[]> {
  const text = (await readBounded(path, mostBytes)).toString('utf8');
  const labels = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
  const wrong = labels.findIndex((label, index) => label === '' || labels.indexOf(label) < index);
  if (wrong < 0) return labels;
  throw new InputError(
    `${path}: expected one name per line, each once, got ${JSON.stringify(labels[wrong])} in line ${wrong + 1}`,
  );
}
