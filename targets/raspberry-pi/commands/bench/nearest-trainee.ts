// The nearest of the examples shown so far, by what the head reads of them; no weight changes. Until
// something was shown, the model answers.
//
//   logit[c] = log(0.001 + vote[c])
import type { PackageContent } from '#runtime';

import { openNeighbours } from './neighbours.ts';
import type { Trainee } from './trainee.ts';

/** `content` has a plan that trains the head alone; `count` is k. Throws InputError where the head is the whole model. */
export async function openNearest(content: PackageContent, count: number): Promise<Trainee> {
  const neighbours = await openNeighbours(content, count);
  return {
    rows: neighbours.rows,
    learn: (samples, labels) => neighbours.remember(samples, labels),
    async predict(samples) {
      const votes = await neighbours.votes(samples);
      return votes?.map((vote) => Math.log(0.001 + vote)) ?? neighbours.answer(samples);
    },
    [Symbol.asyncDispose]: () => neighbours[Symbol.asyncDispose](),
  };
}
