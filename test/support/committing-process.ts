// A process that keeps lessons in a folder until it is killed or cannot: the lesson n has the weights
// `numbered(n)`, and its number is printed when it is on the disk.
//
//   node committing-process.js <folder> <bytes of weights>
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { openState, StateError } from '#runtime';
import type { LayerParameters, State } from '#runtime';

import { openFileStorage } from '../../targets/raspberry-pi/storage/file-storage.ts';

export const committingProcess = fileURLToPath(import.meta.url);

/** All of them differ for each number, so that a mixture of two is noticed. */
function numbered(n: number, size: number): Map<number, LayerParameters> {
  const layer = {
    weights: new Int8Array(size).fill(n % 128),
    bias: Int32Array.of(n),
    weightScales: Float32Array.of(1),
  };
  return new Map([[0, layer]]);
}

export async function openNumbered(
  folder: string,
  size: number,
): Promise<{ state: State; number: number; isWhole: boolean }> {
  const parameters = numbered(0, size);
  const options = { packageId: new Uint8Array(32).fill(3), parameters, now: () => Date.now() };
  const state = await openState(openFileStorage(folder), options);
  const { weights, bias } = parameters.get(0)!;
  const number = bias[0]!;
  return { state, number, isWhole: weights.every((weight) => weight === number % 128) };
}

async function main(folder: string, size: number): Promise<void> {
  const opened = await openNumbered(folder, size);
  const outcome = { samples: 1, holdout: 0, steps: 1, accuracyBefore: 0, accuracyAfter: 1 };
  writeSync(1, `open ${opened.number}\n`);
  for (let n = opened.number + 1; n < opened.number + 5000; n++) {
    await opened.state.commit(outcome, numbered(n, size));
    writeSync(1, `kept ${n}\n`);
  }
}

if (process.argv[1] === committingProcess) {
  try {
    await main(process.argv[2]!, Number(process.argv[3]));
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    writeSync(1, `error ${error.message}\n`);
  }
}
