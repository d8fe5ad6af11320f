// What a process holds that has the demo's digits opened and waits, as the operating system counts it. It runs the
// built library, as a user's program does: `npm run build` before.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { exportPackage } from '#exporters';
import { sizeOf } from '#runtime';

import { sha256 } from '../targets/raspberry-pi/package-file.ts';
import { calibrationSet } from './tasks/digit-users.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface IdleMemory {
  /** Resident before the library is loaded: Node.js. */
  readonly bareBytes: number;
  /** Resident once the model is opened and has predicted. */
  readonly idleBytes: number;
}

export async function idleMemory(): Promise<IdleMemory> {
  const model = fileURLToPath(new URL('../demo/digits.onnx', import.meta.url));
  const calibration = calibrationSet({ samples: 60 });
  const { bytes, content } = await exportPackage(readFileSync(model), { calibration, sha256 });
  using folder = temporaryFolder('onward-idle-');
  const file = join(folder.path, 'digits.onward');
  writeFileSync(file, bytes);
  const program = fileURLToPath(new URL('./idle-process.mjs', import.meta.url));
  const sampleSize = String(sizeOf(content.model.graph.inputShape));
  const args = ['--expose-gc', program, file, sampleSize];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as IdleMemory;
}
