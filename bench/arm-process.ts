// The memory of one arm's steps, in a process of its own: a request as JSON on standard input, the peak as JSON on
// standard output.
import { text } from 'node:stream/consumers';

import type { ArmRequest, ArmResult } from './arm-request.ts';
import { armNamed } from './arms.ts';
import { openArm } from './open-arm.ts';
import { peakOfSteps } from './personalize.ts';
import { taskNamed } from './tasks/table.ts';

const request = JSON.parse(await text(process.stdin)) as ArmRequest;
const task = taskNamed(request.task);
const { train } = task.data(request.owner);
await using trainee = await openArm(request);
// What does not learn takes no step, and no memory for one.
const isUnchanged = armNamed(request.arm).method.kind === 'unchanged';
const peakBytes = isUnchanged ? 0 : await peakOfSteps(trainee, train, task.batchSize);
const result: Pick<ArmResult, 'peakBytes'> = { peakBytes };
process.stdout.write(JSON.stringify(result));
