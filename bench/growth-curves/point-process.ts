// Points of growth curves, in a process of its own: a request as JSON on standard input; on standard output, as JSON,
// the peak of one arm's step, or the times of several arms' steps, taken in turn.
import { text } from 'node:stream/consumers';

import { oneHot } from '#runtime';

import { median, peakOfSteps } from '../personalize.ts';
import { withInfinity } from '../with-infinity.ts';
import type { GrowthWork } from './axes.ts';
import { openWork } from './open-work.ts';

export type PointRequest =
  | { readonly measures: 'memory'; readonly work: GrowthWork }
  | {
      readonly measures: 'time';
      readonly works: readonly GrowthWork[];
      /** Rounds begin within so many milliseconds, or are the fewest. */
      readonly roundsMs: number;
    };

const warmUps = 2;
/** Rounds in which every arm takes a step: as many as fit in the time, within these bounds. */
const [fewestRounds, mostRounds] = [3, 15];

async function peakOf(work: GrowthWork): Promise<number> {
  const { trainee, samples } = await openWork(work);
  const peakBytes = await peakOfSteps(trainee, samples, samples.y.length);
  await trainee[Symbol.asyncDispose]();
  return peakBytes;
}

/** Medians in milliseconds. */
async function timesOf(works: readonly GrowthWork[], roundsMs: number): Promise<number[]> {
  const contenders = [];
  for (const work of works) {
    const { trainee, samples } = await openWork(work);
    const targets = oneHot(samples.y, [...samples.y.keys()], trainee.classes);
    contenders.push({
      trainee,
      images: trainee.prepare(samples.x),
      targets,
      times: [] as number[],
    });
  }
  const begun = performance.now();
  const isTime = (round: number): boolean =>
    round < fewestRounds || (round < mostRounds && performance.now() - begun < roundsMs);
  for (let round = -warmUps; isTime(round); round++) {
    for (const { trainee, images, targets, times } of contenders) {
      const started = performance.now();
      await trainee.learn(images, targets, { rate: 0, clip: 0.02, step: 0, seed: 0 });
      if (round >= 0) times.push(performance.now() - started);
    }
  }
  for (const { trainee } of contenders) await trainee[Symbol.asyncDispose]();
  return contenders.map(({ times }) => median(times));
}

const request = JSON.parse(await text(process.stdin), withInfinity) as PointRequest;
const result =
  request.measures === 'memory'
    ? await peakOf(request.work)
    : await timesOf(request.works, request.roundsMs);
process.stdout.write(JSON.stringify(result));
