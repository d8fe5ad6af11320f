// What a task's numbers say about onward's default, in words: is it on the Pareto front of accuracy against peak
// learning memory, and which arm beats it, by how much, and at what price.
import type { Interval, Verdict } from './results.ts';

/** What a verdict needs to know of one arm. */
export interface Contender {
  readonly arm: string;
  readonly after: Interval;
  /** Of this arm minus onward, paired; null for onward. */
  readonly againstOnward: Interval | null;
  readonly cost: { readonly peakBytes: number };
}

/** Peaks this near, as a share, are the same: those of one plan differ by some hundred bytes from process to process. */
const samePeak = 0.01;

/**
 * Names of the arms that no other beats, least memory first: one beats another where it is at least as accurate
 * on average and needs no more memory, and is better in one of the two. Peaks within 1 % are the same memory.
 */
export function paretoFront(arms: readonly Contender[]): string[] {
  return arms
    .filter((arm) => !arms.some((other) => beats(other, arm)))
    .toSorted((a, b) => a.cost.peakBytes - b.cost.peakBytes || b.after.mean - a.after.mean)
    .map(({ arm }) => arm);
}

/** Throws RangeError where `onward` is not among the arms. */
export function verdictOf(arms: readonly Contender[]): Verdict {
  const onward = arms.find(({ arm }) => arm === 'onward');
  if (onward === undefined) throw new RangeError('verdict: expected an arm named onward, got none');
  const front = paretoFront(arms);
  const onwardOnFront = front.includes('onward');
  const others = arms.filter((arm) => arm !== onward);
  const better = others.filter(({ after }) => after.mean > onward.after.mean);
  return {
    front,
    onwardOnFront,
    sentences: [
      onwardOnFront
        ? onFront(onward, others)
        : offFront(others.filter((arm) => beats(arm, onward))),
      ...better
        .toSorted((a, b) => b.after.mean - a.after.mean)
        .map((arm) => betterSentence(arm, onward)),
    ],
  };
}

function beats(a: Contender, b: Contender): boolean {
  const accuracy = a.after.mean - b.after.mean;
  if (isSameMemory(a, b)) return accuracy > 0;
  return accuracy >= 0 && a.cost.peakBytes < b.cost.peakBytes;
}

function isSameMemory(a: Contender, b: Contender): boolean {
  const [less = 0, more = 0] = [a, b].map(({ cost }) => cost.peakBytes).toSorted((x, y) => x - y);
  return more - less <= samePeak * more;
}

function onFront(onward: Contender, others: readonly Contender[]): string {
  const { after, cost } = onward;
  const alike = others
    .filter((arm) => arm.after.mean === after.mean && isSameMemory(arm, onward))
    .map(({ arm }) => arm);
  const beside = alike.length > 0 ? ` As good and as large: ${alike.join(', ')}.` : '';
  return `onward is on the Pareto front: no arm reaches ${percent(after.mean)} with less than ${mebibytes(cost.peakBytes)}.${beside}`;
}

function offFront(winners: readonly Contender[]): string {
  const named = winners.map(
    ({ arm, after, cost }) => `${arm} (${percent(after.mean)}, ${mebibytes(cost.peakBytes)})`,
  );
  return `onward is not on the Pareto front: at least as accurate in no more memory: ${named.join(', ')}.`;
}

function betterSentence({ arm, after, againstOnward, cost }: Contender, onward: Contender): string {
  const gap = againstOnward ?? { mean: after.mean - onward.after.mean, low: 0, high: 0 };
  const sure = gap.low > 0 ? '' : ', which other users may turn around';
  return (
    `${arm} is ${gap.mean.toFixed(1)} points more accurate than onward (95 % interval ${gap.low.toFixed(1)} to ` +
    `${gap.high.toFixed(1)}${sure}), with ${memoryAgainst(cost.peakBytes, onward.cost.peakBytes)}.`
  );
}

function memoryAgainst(bytes: number, onward: number): string {
  return bytes > onward
    ? `${(bytes / onward).toFixed(2)} times the memory`
    : `${mebibytes(bytes)} instead of ${mebibytes(onward)}`;
}

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
