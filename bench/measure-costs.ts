// What each arm's step costs on a task: peak memory in a process of its own, time in turns with all others.
import type { ArmPackages } from './arm-packages.ts';
import type { ArmRequest } from './arm-request.ts';
import { armsOf } from './arms.ts';
import { runChild } from './child-process.ts';
import type { StepCost } from './cost-process.ts';
import { keptBytes } from './kept-activations.ts';
import { median } from './personalize.ts';
import type { ArmCost } from './results.ts';
import { armPeak } from './run-arm.ts';
import { settingOf } from './settings.ts';
import type { Owner, Task } from './tasks/task.ts';
import { twoAtATime } from './two-at-a-time.ts';

/**
 * One for each arm, in order. The owner's samples fill the batch; costs do not depend on them. A peak is the median
 * of `repeats` processes: from one to the next it moves by some ten kilobytes.
 */
export async function measureCosts(
  task: Task,
  packages: ArmPackages,
  { owner, rounds, repeats }: { owner: Owner; rounds: number; repeats: number },
): Promise<ArmCost[]> {
  const arms = armsOf(task);
  const requests: ArmRequest[] = [];
  for (const arm of arms) {
    const file = await packages.fileOf(task, arm, owner);
    const setting = settingOf(task, arm).value;
    requests.push({ task: task.name, arm: arm.name, owner, file, setting, every: null });
  }
  const learning = requests.filter((_, index) => arms[index]!.method.kind !== 'unchanged');
  const costs = await runChild<StepCost[]>({
    file: './cost-process.ts',
    args: [],
    input: JSON.stringify({ requests: learning, rounds }),
    measures: 'time',
  });
  const { graph } = task.baseModel(owner).imported;
  const { batchSize } = task;
  const examples = task.data(owner).train.y.length;
  const peaks = requests.map((): number[] => []);
  for (let repeat = 0; repeat < repeats; repeat++) {
    const all = await twoAtATime(requests, armPeak);
    all.forEach((bytes, index) => peaks[index]!.push(bytes));
  }
  return requests.map((request, index): ArmCost => {
    const step = costs[learning.indexOf(request)];
    const arm = arms[index]!;
    const kept = keptBytes(arm, { graph, batchSize, examples });
    // Nearest neighbours hold the features of all examples beside a step; what others keep lives within it.
    const beside = arm.method.kind === 'nearest' ? kept : 0;
    return {
      batchSize,
      peakBytes: median(peaks[index]!) + beside,
      keptBytes: kept,
      msPerStep: step?.msPerStep ?? 0,
      joulesPerStep: step ? step.joulesPerStep : 0,
      joulesMissing: step?.joulesMissing ?? null,
    };
  });
}
