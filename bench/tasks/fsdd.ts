// A new voice: spoken digits of four people, each base model trained without one of them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { importModel } from '#exporters';
import { shuffled } from '#runtime';
import type { CellName } from '#runtime';
import { logMel } from '#runtime/sound';
import type { LogMelForm } from '#runtime/sound';

import { sharedArrays } from './shared-arrays.ts';
import type { SharedArrays } from './shared-arrays.ts';
import type { LabelledSamples, OwnerData, Task } from './task.ts';

const dataSet = 'fsdd-4spk';
/** In the data's order, by which it names the speaker of a recording. */
const speakers = ['george', 'jackson', 'lucas', 'nicolas'];
/** Recordings of each digit that a speaker teaches; 50 in all. */
const learned = 10;

/** As exporters/pytorch/log_mel.py; the models take (decibels + 30) / 15. */
export const soundForm: LogMelForm = {
  sampleRate: 8000,
  frameLength: 256,
  hop: 128,
  frames: 48,
  bands: 20,
  lowest: 60,
  highest: 4000,
  decibels: 60,
};

const size = soundForm.frames * soundForm.bands;
const featuresOf = logMel(soundForm);

function spokenDigitsTask(cell: Exclude<CellName, 'rnn'>): Task {
  return {
    name: `fsdd-${cell}`,
    title: `A new voice, ${cell.toUpperCase()}`,
    describes:
      `Base models: demo/spoken-digits-${cell}-without-*.onnx, each trained on three other people. A user is one ` +
      'speaker of digits. Learned from: 10 recordings of each digit; tested on the other 400; forgetting on ' +
      'recordings of the people it was trained on.',
    tuningUsers: speakers.slice(0, 2),
    users: speakers.slice(2),
    isRecurrent: true,
    quickUsers: 0,
    batchSize: 4,
    epochs: 16,
    missing: () => (sharedArrays(dataSet) ? null : `${dataSet}.bin is not here`),
    baseModel: ({ user }) => {
      const url = new URL(`../../demo/spoken-digits-${cell}-without-${user}.onnx`, import.meta.url);
      return {
        key: `fsdd-${cell}-without-${user}`,
        imported: importModel(new Uint8Array(readFileSync(fileURLToPath(url)))),
        calibration: () => othersSounds(user, 0, 300),
      };
    },
    data: ({ user, seed }) => ownerData(user, seed),
  };
}

export const spokenDigitsByGru = spokenDigitsTask('gru');
export const spokenDigitsByLstm = spokenDigitsTask('lstm');

function ownerData(user: string, seed: number): OwnerData {
  const arrays = present();
  const [speaker, repetition] = [arrays.array('user'), arrays.array('rep')];
  const label = arrays.array('label');
  const rows = Array.from(speaker).flatMap((index, row) => (speakers[index] === user ? [row] : []));
  // Another draw of repetitions for each digit.
  const taught = Array.from({ length: 10 }, (_, digit) =>
    shuffled(
      Array.from({ length: 50 }, (_one, index) => index),
      seed * 10 + digit,
    ).slice(0, learned),
  );
  const isTaught = (row: number): boolean => taught[label[row]!]!.includes(repetition[row]!);
  return {
    train: sounds(
      arrays,
      rows.filter((row) => isTaught(row)),
    ),
    test: sounds(
      arrays,
      rows.filter((row) => !isTaught(row)),
    ),
    original: othersSounds(user, 2, 300),
  };
}

/** `count` recordings of the others, evenly from all of them. */
function othersSounds(user: string, from: number, count: number): LabelledSamples {
  const arrays = present();
  const rows = Array.from(arrays.array('user')).flatMap((index, row) =>
    speakers[index] === user ? [] : [row],
  );
  const taken = Array.from(
    { length: count },
    (_, index) => rows[(from + Math.floor((index * rows.length) / count)) % rows.length]!,
  );
  return sounds(arrays, taken);
}

function sounds(arrays: SharedArrays, rows: readonly number[]): LabelledSamples {
  const [pcm, ends] = [arrays.array('pcm') as Int16Array, arrays.array('offset')];
  const label = arrays.array('label');
  const x = new Float32Array(rows.length * size);
  rows.forEach((row, index) => {
    const features = featuresOf(pcm.subarray(ends[row], ends[row + 1]));
    x.set(
      features.map((decibels) => (decibels + 30) / 15),
      index * size,
    );
  });
  return { x, y: Uint8Array.from(rows, (row) => label[row]!) };
}

function present(): SharedArrays {
  const arrays = sharedArrays(dataSet);
  if (arrays === null) throw new Error(`fsdd: ${dataSet}.bin is not here`);
  return arrays;
}
