// The one number that an arm has, chosen on a part of the training samples: a rate, or how many neighbours
// vote. By the same rule for all: three values, and further ones while the best so far is at an end.
import { EngineError } from '#runtime';

import type { Learning } from './arm-names.ts';
import type { Score } from './course.ts';

export interface Setting {
  readonly name: 'learning rate' | 'neighbours' | 'none';
  readonly value: number;
}

const factors = [0.03, 0.1, 0.3, 1, 3, 10, 30];
const neighbours = [1, 3, 5, 9, 15];

/** What an arm may take, in order; the sweep starts in the middle, of rates at the plan's. */
export function settingsOf(learning: Learning, planRate: number): readonly Setting[] {
  switch (learning) {
    case 'none':
      return [{ name: 'none', value: 0 }];
    case 'nearest':
      return neighbours.map((value) => ({ name: 'neighbours', value }));
    case 'plan':
    case 'float':
      return factors.map((factor) => ({
        name: 'learning rate',
        value: Number((factor * planRate).toPrecision(3)),
      }));
    default:
      return learning satisfies never;
  }
}

/**
 * The most accurate of `settings`; of equals the one of less loss. A setting whose lesson the engine ends,
 * since its numbers are not finite, loses. Throws what `isOver` sees of it otherwise.
 */
export async function chooseSetting(
  settings: readonly Setting[],
  scoreOf: (setting: Setting) => Promise<Score>,
  isOver: () => boolean,
): Promise<Setting> {
  const [only] = settings;
  if (only !== undefined && settings.length === 1) return only;
  const scores = new Map<number, Score>();
  const tryOut = async (index: number): Promise<void> => {
    const setting = settings[index];
    if (setting === undefined || scores.has(index)) return;
    scores.set(index, await scoreOrWorst(setting, scoreOf, isOver));
  };
  const middle = Math.floor(settings.length / 2);
  for (const index of [middle, middle - 1, middle + 1]) await tryOut(index);
  for (;;) {
    const best = bestOf(scores);
    const tried = scores.size;
    await tryOut(best - 1);
    await tryOut(best + 1);
    const setting = settings[best];
    if (scores.size === tried && setting !== undefined) return setting;
  }
}

async function scoreOrWorst(
  setting: Setting,
  scoreOf: (setting: Setting) => Promise<Score>,
  isOver: () => boolean,
): Promise<Score> {
  try {
    return await scoreOf(setting);
  } catch (error) {
    if (!(error instanceof EngineError) || isOver()) throw error;
    return { accuracy: -1, loss: Infinity };
  }
}

/** The first that was tried, of those that are equal in both. */
function bestOf(scores: ReadonlyMap<number, Score>): number {
  const [first = [0, { accuracy: -1, loss: Infinity }] as const, ...others] = scores;
  const [best] = others.reduce(
    (so, each) => (isBetter(each[1], so[1]) ? each : so),
    first as readonly [number, Score],
  );
  return best;
}

function isBetter(a: Score, b: Score): boolean {
  return a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.loss < b.loss);
}
