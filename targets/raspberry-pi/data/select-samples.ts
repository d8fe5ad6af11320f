import { InputError } from '#runtime';

import type { Samples } from './samples.ts';

/** The samples of one user; InputError, naming `where` and the users there are, if there are none. */
export function selectUser(samples: Samples, user: string, where: string): Samples {
  const users: readonly (number | string)[] = samples.user ?? [];
  if (!users.some((name) => String(name) === user)) {
    const known = [...new Set(users)].slice(0, 20).join(', ');
    throw new InputError(
      `${where}: expected samples of user ${user}, got ${known === '' ? 'no users' : known}; leave --user out, or name one`,
    );
  }
  return selectSamples(samples, (index) => String(users[index]) === user);
}

/** Those whose index `isWanted`, with their labels and names; maybe none. */
export function selectSamples(samples: Samples, isWanted: (index: number) => boolean): Samples {
  const { x, y, names, lengths, shape } = samples;
  const [count = 0, ...sample] = shape;
  const indices = Array.from({ length: count }, (_, index) => index).filter(isWanted);
  const size = x.length / Math.max(1, count);
  const selected = new Float32Array(indices.length * size);
  for (const [position, index] of indices.entries()) {
    selected.set(x.subarray(index * size, (index + 1) * size), position * size);
  }
  const pick = <Item>(items: readonly Item[]): Item[] => {
    const each = items.length / Math.max(1, count);
    return indices.flatMap((index) => items.slice(index * each, (index + 1) * each));
  };
  return {
    x: selected,
    shape: [indices.length, ...sample],
    ...(y && { y: pick<number | string>(y) as number[] | string[] }),
    ...(names && { names: pick(names) }),
    ...(lengths && { lengths: pick(lengths) }),
  };
}
