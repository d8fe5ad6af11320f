// The digit writers: the demo's base model, and people who slant, squeeze and fade what they write.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { importModel } from '#exporters';

import { calibrationSet, digitUser, reportingUsers, tuningUsers } from './digit-users.ts';
import type { Shift } from './digit-users.ts';
import type { Task } from './task.ts';

const onnxFile = fileURLToPath(new URL('../../demo/digits.onnx', import.meta.url));

function digitsTask(shift: Shift, title: string, quickUsers: number): Task {
  return {
    name: `digits-${shift}`,
    title,
    describes:
      'Base model: demo/digits.onnx, a residual network of 77,862 weights, 99.6 % on ordinary digits. A user is one ' +
      'fixed view of digits (slant, rotation, size, stroke, contrast) with noise on each image. Learned from: 256 ' +
      'images; tested on 800 others; forgetting on 500 ordinary digits that are neither.',
    tuningUsers: tuningUsers.map(String),
    users: reportingUsers.map(String),
    quickUsers,
    batchSize: 4,
    // 8 epochs gave half a point less on the tuning users, for float backpropagation too.
    epochs: 16,
    missing: () => null,
    baseModel: () => ({
      key: 'digits',
      // One channel: both layouts are the same.
      imported: { ...importModel(new Uint8Array(readFileSync(onnxFile))), inputLayout: 'nhwc' },
      calibration: () => calibrationSet({ samples: 300 }),
    }),
    data: ({ user, seed }) => digitUser({ user: Number(user), seed, shift, originalSamples: 500 }),
  };
}

export const hardDigits = digitsTask('hard', 'A new writer’s digits, hard shift', 2);
export const mildDigits = digitsTask('mild', 'A new writer’s digits, mild shift', 0);
