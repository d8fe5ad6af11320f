// 95 % intervals by the percentile bootstrap over users: seeds of one user are averaged first, since they share
// that user's shift; then as many users as there are are drawn with replacement, ten thousand times, and the
// interval holds the middle 95 % of their means. What it says is how much another set of users might change
// the mean. Of fewer than about eight users it is too narrow, and of one it has no width.
import type { Interval } from './results.ts';

export interface Observation {
  readonly user: string;
  readonly value: number;
}

const resamples = 10_000;

/** Throws RangeError without observations. Deterministic. */
export function bootstrap(observations: readonly Observation[]): Interval {
  if (observations.length === 0) throw new RangeError('bootstrap: expected observations, got none');
  const values = userMeans(observations).map(({ value }) => value);
  const means = Array.from({ length: resamples }, (_, resample) =>
    average(values.map((_value, draw) => values[pick(resample, draw, values.length)]!)),
  ).toSorted((a, b) => a - b);
  const at = (share: number): number => means[Math.round(share * (resamples - 1))]!;
  return { mean: average(values), low: at(0.025), high: at(0.975) };
}

/** One value a user, the mean of their observations, in the order of first mention. */
export function userMeans(observations: readonly Observation[]): Observation[] {
  const byUser = new Map<string, number[]>();
  for (const { user, value } of observations)
    byUser.set(user, [...(byUser.get(user) ?? []), value]);
  return Array.from(byUser, ([user, values]) => ({ user, value: average(values) }));
}

/** Throws nothing; NaN of no values. */
export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Population standard deviation. */
export function standardDeviation(values: readonly number[]): number {
  const centre = average(values);
  return Math.sqrt(average(values.map((value) => (value - centre) ** 2)));
}

// An index below `count` from two counters: the finalizer of MurmurHash3.
function pick(resample: number, draw: number, count: number): number {
  let hash = Math.imul(resample + 1, 0x9e3779b9) ^ Math.imul(draw + 1, 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * count);
}
