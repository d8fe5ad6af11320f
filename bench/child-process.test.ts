import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { runChild } from './child-process.ts';

const test = suite('bench/child-process');

test('what takes too long is ended, and the error says how long it had', async () => {
  const child = { file: './step-peak-process.ts', args: [], measures: 'time' } as const;
  const error = await runChild({ ...child, limitMs: 20 }).then(
    () => null,
    (cause: unknown) => cause,
  );
  assert.instance(error, Error);
  assert.match(String(error), 'step-peak-process.ts: expected an end within 0.02 s, got none');
});

test('a failure says how it ended and what was written', async () => {
  const error = await runChild({ file: './absent.ts', args: [], measures: 'time' }).then(
    () => null,
    (cause: unknown) => cause,
  );
  assert.match(String(error), /^Error: \.\/absent\.ts : exit 1: .*Cannot find module/s);
});

test.run();
