// Started by heap-peak.test.ts: three blocks of a mebibyte at once, then one after another.
import { setTimeout } from 'node:timers/promises';

import { startHeapPeak } from './heap-peak.ts';

const mebibyte = 2 ** 20;

async function collect(): Promise<void> {
  globalThis.gc?.();
  await setTimeout(50); // array buffers are freed by a thread of their own
  globalThis.gc?.();
  await setTimeout(50);
}

await collect();
const kept: Uint8Array[] = [];
const finishTogether = startHeapPeak();
for (let block = 0; block < 3; block++) kept.push(new Uint8Array(mebibyte).fill(1));
const together = finishTogether();
kept.length = 0;
await collect();
const finishInTurn = startHeapPeak();
for (let turn = 0; turn < 3; turn++) {
  kept.push(new Uint8Array(mebibyte).fill(1));
  kept.length = 0;
  await collect();
}
const inTurn = finishInTurn();
process.stdout.write(JSON.stringify({ together, inTurn }));
