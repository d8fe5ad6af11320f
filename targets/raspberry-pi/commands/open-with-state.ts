import { stat } from 'node:fs/promises';

import { InputError } from '#runtime';
import type { Learner } from '#runtime';

/** Opens a package with a state that must be there already. */
export async function openWithState(path: string, state: string): Promise<Learner> {
  const isThere = await stat(state).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) {
    throw new InputError(`${state}: expected the folder of a state, got none; learn makes one`);
  }
  const { openLearner } = await import('../index.ts');
  return openLearner(path, { state });
}
