// One arm in a process of its own, so that its peak memory is its own: a request as JSON on standard
// input, a result as JSON on standard output. The argument says what is wanted: `memory` or `course`.
import { text } from 'node:stream/consumers';

import type { ArmRequest } from './arm-request.ts';
import { armNamed } from './arms.ts';
import { openArm } from './open-arm.ts';
import { peakOfSteps, personalize } from './personalize.ts';
import { taskNamed } from './tasks/table.ts';

const request = JSON.parse(await text(process.stdin)) as ArmRequest;
const task = taskNamed(request.task);
const { kind } = armNamed(request.arm).method;
const data = task.data(request.owner);
await using trainee = await openArm(request);

async function peak(): Promise<number> {
  return kind === 'unchanged' ? 0 : peakOfSteps(trainee, data.train, task.batchSize);
}

// What does not learn takes no step; what only remembers sees every example once.
const epochs = { unchanged: 0, nearest: 1, plan: task.epochs, float: task.epochs }[kind];
const result =
  process.argv[2] === 'memory'
    ? { peakBytes: await peak() }
    : await personalize(trainee, {
        ...data,
        seed: request.owner.seed,
        learningRate: request.setting,
        batchSize: task.batchSize,
        epochs,
        every: request.every,
      });
process.stdout.write(JSON.stringify(result));
