// The digit writers, read row by row by a recurrent layer: 28 steps of 28 pixels.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { importModel } from '#exporters';
import type { CellName } from '#runtime';

import { calibrationSet, digitUser, reportingUsers, tuningUsers } from './digit-users.ts';
import type { Task } from './task.ts';

function digitRowsTask(cell: Exclude<CellName, 'rnn'>): Task {
  const onnxFile = fileURLToPath(new URL(`../../demo/digit-rows-${cell}.onnx`, import.meta.url));
  return {
    name: `digit-rows-${cell}`,
    title: `A new writer’s digits row by row, ${cell.toUpperCase()}`,
    describes:
      `Base model: demo/digit-rows-${cell}.onnx, one recurrent layer over the rows of an image. A user is one fixed ` +
      'view of digits (slant, rotation, size, stroke, contrast) with noise on each image, mild shift. Learned ' +
      'from: 256 images; tested on 800 others; forgetting on 500 ordinary digits that are neither.',
    tuningUsers: tuningUsers.map(String),
    users: reportingUsers.map(String),
    isRecurrent: true,
    quickUsers: 0,
    batchSize: 4,
    epochs: 16,
    missing: () => null,
    baseModel: () => ({
      key: `digit-rows-${cell}`,
      imported: importModel(new Uint8Array(readFileSync(onnxFile))),
      calibration: () => calibrationSet({ samples: 300 }),
    }),
    data: ({ user, seed }) =>
      digitUser({ user: Number(user), seed, shift: 'mild', originalSamples: 500 }),
  };
}

export const digitRowsByGru = digitRowsTask('gru');
export const digitRowsByLstm = digitRowsTask('lstm');
