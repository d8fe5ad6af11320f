// One arm, one owner, a whole course, in this process.
import type { ArmRequest } from './arm-request.ts';
import { armNamed } from './arms.ts';
import { openArm } from './open-arm.ts';
import { personalize } from './personalize.ts';
import type { Personalized } from './personalize.ts';
import { taskNamed } from './tasks/table.ts';
import type { OwnerData } from './tasks/task.ts';

/** Of the owners asked about last: an arm's courses go over the same few again and again. */
const known = new Map<string, OwnerData>();
const mostKnown = 8;

export async function runCourse(request: ArmRequest): Promise<Personalized> {
  const task = taskNamed(request.task);
  const { kind } = armNamed(request.arm).method;
  await using trainee = await openArm(request);
  return await personalize(trainee, {
    ...dataOf(request),
    seed: request.owner.seed,
    learningRate: request.setting,
    batchSize: task.batchSize,
    // What does not learn takes no step; what only remembers sees every example once.
    epochs: { unchanged: 0, nearest: 1, plan: task.epochs, float: task.epochs }[kind],
    every: request.every,
  });
}

function dataOf({ task, owner }: ArmRequest): OwnerData {
  const key = `${task} ${owner.user} ${owner.seed}`;
  const data = known.get(key) ?? taskNamed(task).data(owner);
  if (known.size === mostKnown) known.clear();
  known.set(key, data);
  return data;
}
