// A watch's new wearer: windows of acceleration, six activities, forty people.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { importModel } from '#exporters';
import type { CellName } from '#runtime';

import { sharedArrays } from './shared-arrays.ts';
import type { SharedArrays } from './shared-arrays.ts';
import type { LabelledSamples, OwnerData, Task } from './task.ts';

const dataSet = 'wisdm-watch-40';
const size = 80 * 3;
const standardGravity = 9.80665;
/** Windows of each activity, in order of time, that a wearer learns from; 30 in all. */
const learned = 9;

/** One of every five users each; exporters/pytorch/train_activity.py draws the same lines. */
function partOf(rank: number): 'base' | 'tuning' | 'reported' {
  if (rank % 5 === 2) return 'tuning';
  return rank % 5 === 4 ? 'reported' : 'base';
}

// Ids of 40 people from 1601 to 1649: no id ends in 0 or 5.
const users = Array.from({ length: 49 }, (_, index) => 1601 + index).filter((id) => id % 5 !== 0);
const usersOf = (part: string): string[] =>
  users.filter((_, rank) => partOf(rank) === part).map(String);

function activityTask(cell: Exclude<CellName, 'rnn'>): Task {
  const onnxFile = fileURLToPath(new URL(`../../demo/activity-${cell}.onnx`, import.meta.url));
  return {
    name: `wisdm-${cell}`,
    title: `A watch’s new wearer, ${cell.toUpperCase()}`,
    describes:
      `Base model: demo/activity-${cell}.onnx, trained on 24 other people. A user is one wearer of 8. Learned from: ` +
      'the first 30 % of each activity by time, 54 windows of 4 seconds; tested on the rest; forgetting on windows of ' +
      'the people it was trained on.',
    tuningUsers: usersOf('tuning'),
    users: usersOf('reported'),
    isRecurrent: true,
    quickUsers: 0,
    batchSize: 4,
    epochs: 16,
    missing: () => (sharedArrays(dataSet) ? null : `${dataSet}.bin is not here`),
    baseModel: () => ({
      key: `wisdm-${cell}`,
      imported: importModel(new Uint8Array(readFileSync(onnxFile))),
      calibration: () => baseWindows(present(), 0, 300),
    }),
    data: ({ user }) => ownerData(present(), Number(user)),
  };
}

export const activityByGru = activityTask('gru');
export const activityByLstm = activityTask('lstm');

function ownerData(arrays: SharedArrays, user: number): OwnerData {
  const [owner, time] = [arrays.array('user'), arrays.array('t')];
  const rows = Array.from(owner).flatMap((id, row) => (id === user ? [row] : []));
  return {
    train: picked(
      arrays,
      rows.filter((row) => time[row]! < learned),
    ),
    test: picked(
      arrays,
      rows.filter((row) => time[row]! >= learned),
    ),
    original: baseWindows(arrays, 7, 500),
  };
}

/** `count` windows of the people the base model was trained on, evenly from all of them. */
function baseWindows(arrays: SharedArrays, from: number, count: number): LabelledSamples {
  const owner = arrays.array('user');
  const rows = Array.from(owner).flatMap((id, row) =>
    partOf(users.indexOf(id)) === 'base' ? [row] : [],
  );
  const taken = Array.from(
    { length: count },
    (_, index) => rows[(from + Math.floor((index * rows.length) / count)) % rows.length]!,
  );
  return picked(arrays, taken);
}

/** In g, as the base models take them. */
function picked(arrays: SharedArrays, rows: readonly number[]): LabelledSamples {
  const [windows, label] = [arrays.array('x'), arrays.array('label')];
  const x = new Float32Array(rows.length * size);
  rows.forEach((row, index) => {
    for (let i = 0; i < size; i++) {
      x[index * size + i] = (windows[row * size + i]! * 0.001) / standardGravity;
    }
  });
  return { x, y: Uint8Array.from(rows, (row) => label[row]!) };
}

function present(): SharedArrays {
  const arrays = sharedArrays(dataSet);
  if (arrays === null) throw new Error(`wisdm: ${dataSet}.bin is not here`);
  return arrays;
}
