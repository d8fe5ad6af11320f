// npm run demo:data: a new user's digits as files, for trying the command line: what to calibrate on, what
// to learn from, and what to be tested on.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { encodeNpz } from '../targets/raspberry-pi/data/write-npz.ts';
import { calibrationSet, digitUser } from './tasks/digit-users.ts';
import type { LabelledImages } from './tasks/digit-users.ts';

const folder = new URL('../demo/out/', import.meta.url);
mkdirSync(folder, { recursive: true });

function write(name: string, { x, y }: LabelledImages): void {
  const arrays = { x: { values: x, shape: [y.length, 1, 28, 28] }, y: { values: y } };
  writeFileSync(fileURLToPath(new URL(name, folder)), encodeNpz(arrays));
  console.log(`demo/out/${name}  ${y.length} digits`);
}

const { train, test } = digitUser({ user: 4, shift: 'hard', testSamples: 400 });
write('calibration.npz', calibrationSet({ samples: 300 }));
write('mine.npz', train);
write('new.npz', test);
