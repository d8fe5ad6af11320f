// One arm's runs as a line: means over users and seeds with their intervals.
import type { Arm } from './arms.ts';
import { bootstrap, standardDeviation, userMeans } from './bootstrap.ts';
import type { Observation } from './bootstrap.ts';
import type { ArmCost, ArmSummary, Interval, RunRow } from './results.ts';

/** `runs` are those of all arms. Throws RangeError where the arm has none. */
export function summarize(
  { name, describes }: Pick<Arm, 'name' | 'describes'>,
  runs: readonly RunRow[],
  { setting, cost }: { setting: ArmSummary['setting']; cost: ArmCost },
): ArmSummary {
  const own = runs.filter(({ arm }) => arm === name);
  const after = observations(own, (run) => run.after);
  const worst = userMeans(after).reduce((a, b) => (b.value < a.value ? b : a));
  return {
    arm: name,
    describes,
    setting,
    before: bootstrap(observations(own, (run) => run.before)),
    after: bootstrap(after),
    deviation: standardDeviation(after.map(({ value }) => value)),
    forgetting: forgettingOf(own),
    worst: { user: worst.user, after: worst.value },
    againstOnward: name === 'onward' ? null : pairedDifference(own, runs),
    steps: own[0]!.steps,
    cost,
  };
}

function observations(
  runs: readonly RunRow[],
  valueOf: (run: RunRow) => number,
): readonly Observation[] {
  return runs.map((run) => ({ user: run.user, value: valueOf(run) }));
}

function forgettingOf(runs: readonly RunRow[]): Interval | null {
  const known = runs.flatMap(({ user, originalBefore, originalAfter }) =>
    originalBefore === null || originalAfter === null
      ? []
      : [{ user, value: originalBefore - originalAfter }],
  );
  return known.length === 0 ? null : bootstrap(known);
}

function pairedDifference(own: readonly RunRow[], runs: readonly RunRow[]): Interval | null {
  const pairs = own.flatMap((run) => {
    const onward = runs.find(
      ({ arm, user, seed }) => arm === 'onward' && user === run.user && seed === run.seed,
    );
    return onward ? [{ user: run.user, value: run.after - onward.after }] : [];
  });
  return pairs.length === 0 ? null : bootstrap(pairs);
}
