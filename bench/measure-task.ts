// A task, measured: every arm on every user and seed, and what each arm's step costs.
import { ArmPackages } from './arm-packages.ts';
import type { ArmRequest } from './arm-request.ts';
import { armsOf, isLesson } from './arms.ts';
import type { Arm } from './arms.ts';
import { CoursePool } from './course-pool.ts';
import { measureCosts } from './measure-costs.ts';
import type { Personalized } from './personalize.ts';
import type { RunRow, TaskResult } from './results.ts';
import { sameGradients, settingOf } from './settings.ts';
import { summarize } from './summarize.ts';
import type { Task } from './tasks/task.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { verdictOf } from './verdict.ts';

export interface MeasureOptions {
  readonly users: readonly string[];
  readonly seeds: readonly number[];
  /** Measures the accuracy on the way of the first user and seed, this often; null for none. */
  readonly every: number | null;
  /** Interleaved steps that the time of one is the median of. */
  readonly rounds: number;
  /** Processes that a peak is the median of. */
  readonly repeats: number;
  readonly onDone: (done: number, total: number) => void;
}

/** Skipped, with the reason, where the task's data is not here. */
export async function measureTask(task: Task, options: MeasureOptions): Promise<TaskResult> {
  const { users, seeds } = options;
  const skipped = task.missing();
  const result = {
    task: task.name,
    title: task.title,
    describes: task.describes,
    tuningUsers: task.tuningUsers,
    users,
    seeds,
  };
  if (skipped !== null) {
    return { ...result, skipped, arms: [], runs: [], verdict: null };
  }
  await task.make?.();
  using folder = temporaryFolder('onward-bench-');
  const packages = new ArmPackages(folder.path);
  const requests = await requestsOf(task, packages, options);
  using pool = new CoursePool();
  const results = await pool.run(requests, (done) => options.onDone(done, requests.length));
  const learned = results.map((personalized, index) => rowOf(requests[index]!, personalized));
  const runs = [...learned, ...twinsOf(learned, armsOf(task))];
  const owner = { user: users[0]!, seed: seeds[0]! };
  const { rounds, repeats } = options;
  const costs = await measureCosts(task, packages, { owner, rounds, repeats });
  const arms = armsOf(task);
  const summaries = arms.map((arm, index) =>
    summarize(arm, runs, { setting: settingOf(task, arm), cost: costs[index]! }),
  );
  // A lesson holds examples out, and is no other way to learn.
  const contenders = summaries.filter((_, index) => !isLesson(arms[index]!));
  return { ...result, skipped, arms: summaries, runs, verdict: verdictOf(contenders) };
}

async function requestsOf(
  task: Task,
  packages: ArmPackages,
  { users, seeds, every }: MeasureOptions,
): Promise<ArmRequest[]> {
  const requests: ArmRequest[] = [];
  const arms = armsOf(task).filter(({ name }) => !(name in sameGradients));
  for (const seed of seeds) {
    for (const arm of arms) {
      for (const user of users) {
        const owner = { user, seed };
        const file = await packages.fileOf(task, arm, owner);
        const isFirst = user === users[0] && seed === seeds[0];
        requests.push({
          task: task.name,
          arm: arm.name,
          owner,
          file,
          setting: settingOf(task, arm).value,
          every: isFirst ? every : null,
        });
      }
    }
  }
  return requests;
}

/** Of arms that have another's gradients, to the bit or to float32's last one: its rows under their names. */
function twinsOf(rows: readonly RunRow[], arms: readonly Arm[]): RunRow[] {
  return arms.flatMap(({ name }) =>
    rows
      .filter(({ arm }) => arm === sameGradients[name])
      .map((row) => Object.assign({}, row, { arm: name })),
  );
}

function rowOf({ arm, owner }: ArmRequest, result: Personalized): RunRow {
  const { originalBefore, originalAfter } = result;
  return {
    arm,
    ...owner,
    before: 100 * result.before,
    after: 100 * result.after,
    originalBefore: originalBefore === null ? null : 100 * originalBefore,
    originalAfter: originalAfter === null ? null : 100 * originalAfter,
    steps: result.steps,
    msPerStep: result.msPerStep,
    curve: result.curve.map(([step, accuracy]) => [step, 100 * accuracy] as const),
  };
}
