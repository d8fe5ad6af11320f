import { spawnSync } from 'node:child_process';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { skipBecause } from '#test-support';

import { exactHeap, exactMemory } from './exact-memory.ts';
import { peakMeasure } from './mapped-peak.ts';

const test = suite('targets/raspberry-pi/commands/bench/mapped-peak');
const onLinux =
  peakMeasure() === 'mapped' ? test : skipBecause(test, 'mapped pages are counted on Linux only');

/** What V8 maps while it runs three lines. */
const ownNeeds = 2 ** 19;

/** Medians of what each of several rounds mapped at once: three blocks of a mebibyte together, and one after another. */
function measured(): { readonly together: number; readonly inTurn: number } {
  const program = `
    import { setTimeout } from 'node:timers/promises';
    import { startMappedPeak } from '${new URL('./mapped-peak.ts', import.meta.url).href}';
    const kept = [];
    const block = () => kept.push(new Uint8Array(2 ** 20).fill(1));
    const collect = async () => {
      kept.length = 0;
      for (let again = 0; again < 2; again++) {
        globalThis.gc();
        await setTimeout(50); // array buffers are freed by a thread of their own
      }
    };
    const median = (values) => values.toSorted((a, b) => a - b)[2];
    const together = [];
    const inTurn = [];
    for (let round = 0; round < 5; round++) {
      await collect();
      const finishTogether = startMappedPeak();
      for (let count = 0; count < 3; count++) block();
      together.push(finishTogether());
      await collect();
      const finishInTurn = startMappedPeak();
      for (let count = 0; count < 3; count++) {
        block();
        await collect();
      }
      inTurn.push(finishInTurn());
    }
    process.stdout.write(JSON.stringify({ together: median(together), inTurn: median(inTurn) }));`;
  const args = [...exactHeap, '--conditions=source', '--import', 'tsx', '--input-type=module'];
  const { stdout, stderr } = spawnSync(process.execPath, [...args, '--eval', program], {
    env: { ...process.env, ...exactMemory },
    encoding: 'utf8',
  });
  assert.is(stderr, '');
  return JSON.parse(stdout) as { together: number; inTurn: number };
}

onLinux('the peak is what was mapped at once, within what the program itself needs', () => {
  const { together, inTurn } = measured();
  assert.ok(Math.abs(together - 3 * 2 ** 20) < ownNeeds, `${together}`);
  assert.ok(Math.abs(inTurn - 2 ** 20) < ownNeeds, `${inTurn}`);
});

test.run();
