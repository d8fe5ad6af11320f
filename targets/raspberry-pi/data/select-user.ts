import { InputError } from '#runtime';

import type { Samples } from './samples.ts';

/** The samples of one user; InputError, naming `where` and the users there are, if there are none. */
export function selectUser(samples: Samples, user: string, where: string): Samples {
  const { x, y, names, shape } = samples;
  const users: readonly (number | string)[] = samples.user ?? [];
  const [count = 0, ...sample] = shape;
  const indices = users.flatMap((name, index) => (String(name) === user ? [index] : []));
  if (indices.length === 0) {
    const known = [...new Set(users)].slice(0, 20).join(', ');
    throw new InputError(
      `${where}: expected samples of user ${user}, got ${known === '' ? 'no users' : known}; leave --user out, or name one`,
    );
  }
  const size = x.length / count;
  const selected = new Float32Array(indices.length * size);
  for (const [position, index] of indices.entries()) {
    selected.set(x.subarray(index * size, (index + 1) * size), position * size);
  }
  const pick = <Item>(items: readonly Item[]): Item[] =>
    items.filter((_, index) => indices.includes(index));
  return {
    x: selected,
    shape: [indices.length, ...sample],
    ...(y && { y: pick<number | string>(y) as number[] | string[] }),
    ...(names && { names: pick(names) }),
  };
}
