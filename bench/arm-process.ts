// One arm in a process of its own, so that its peak memory is its own: a request as JSON on standard
// input, a result as JSON on standard output. The argument says what is wanted: `memory` or `course`.
// Started by run-arm.ts.
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import { importModel } from '#exporters';

import { decode } from '../targets/raspberry-pi/package-file.ts';
import type { ArmRequest } from './arm-request.ts';
import { FloatNetwork } from './float-network.ts';
import { openOnward } from './onward-trainee.ts';
import { peakOfSteps, personalize } from './personalize.ts';
import type { Trainee } from './personalize.ts';
import { digitUser } from './tasks/digit-users.ts';

async function open({ file, method }: ArmRequest): Promise<Trainee> {
  const bytes = new Uint8Array(readFileSync(file));
  return method === 'onward'
    ? openOnward(await decode(bytes))
    : FloatNetwork.open(importModel(bytes));
}

const request = JSON.parse(await text(process.stdin)) as ArmRequest;
const { train, test } = digitUser(request.owner);
await using trainee = await open(request);
const result =
  process.argv[2] === 'memory'
    ? { peakBytes: await peakOfSteps(trainee, train, request.batchSize) }
    : await personalize(trainee, { ...request, ...request.owner, train, test });
process.stdout.write(JSON.stringify(result));
