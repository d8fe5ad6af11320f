// Memory of one way to learn with one recurrent layer, in a process of its own: argv is the method, the cell, steps,
// features, hidden size and batch; the answer is JSON on standard output. Started by sequence-memory.ts.
import type { CellName } from '#runtime';

import { noise } from './networks.ts';
import { peakOfSteps } from './personalize.ts';
import type { SequenceMemory } from './sequence-memory.ts';
import { openSequenceTrainee } from './sequence-trainee.ts';
import type { SequenceMethod } from './sequence-trainee.ts';

const [method, cell, ...numbers] = process.argv.slice(2) as [SequenceMethod, CellName, ...string[]];
const [steps = 0, features = 0, hiddenSize = 0, batch = 0] = numbers.map(Number);
const trainee = await openSequenceTrainee(method, { cell, steps, features, hiddenSize, batch });
const x = noise(batch * steps * features, 5);
const y = Uint8Array.from({ length: batch }, (_, index) => index % 10);
const result: SequenceMemory = { peakBytes: await peakOfSteps(trainee, { x, y }, batch) };
await trainee[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify(result));
