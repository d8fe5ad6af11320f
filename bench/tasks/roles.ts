// A role of Shakespeare's as a user: stretches of 64 characters, and the character that follows each.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { importModel } from '#exporters';
import type { CellName } from '#runtime';

import { sharedFile } from './shared-file.ts';
import type { LabelledSamples, OwnerData, Task } from './task.ts';

const dataSet = 'tinyshakespeare.txt';
const steps = 64;
const smallestRole = 10_000;

/** By the rank of a role's length; exporters/pytorch/train_characters.py draws the same lines. */
const tuningRoles = [5, 11, 17, 23, 29, 35];
const reportedRoles = [2, 8, 14, 20, 26, 32];

interface Text {
  /** In the order of their code points; a token is the rank of a character. */
  readonly characters: readonly string[];
  /** Speeches one after another, by falling length; then by name. */
  readonly roles: readonly { readonly name: string; readonly speeches: string }[];
}

/** Labels of a sample are one for each of its 64 steps. */
function rolesTask(cell: Exclude<CellName, 'rnn'>, quickUsers: number): Task {
  const onnxFile = fileURLToPath(new URL(`../../demo/characters-${cell}.onnx`, import.meta.url));
  return {
    name: `roles-${cell}`,
    title: `A role’s way of speaking, ${cell.toUpperCase()}`,
    describes:
      `Base model: demo/characters-${cell}.onnx, trained on all other roles of a collection of plays. A user is one ` +
      'role of 6 with at least 10,000 characters. Learned from: the first half of its speeches; tested on the rest; ' +
      'forgetting on other roles. Accuracy is the share of characters that are guessed from those before.',
    tuningUsers: tuningRoles.map(String),
    users: reportedRoles.map(String),
    isRecurrent: true,
    quickUsers,
    batchSize: 4,
    epochs: 2,
    missing: () => (sharedFile(dataSet) ? null : `${dataSet} is not here`),
    baseModel: () => ({
      key: `roles-${cell}`,
      imported: importModel(new Uint8Array(readFileSync(onnxFile))),
      calibration: () => baseStretches(present(), 0, 300),
    }),
    data: ({ user }) => ownerData(present(), Number(user)),
  };
}

export const rolesByGru = rolesTask('gru', 0);
export const rolesByLstm = rolesTask('lstm', 0);

function ownerData(text: Text, rank: number): OwnerData {
  const whole = stretches(text, text.roles[rank]!.speeches);
  const half = Math.floor(whole.x.length / steps / 2) * steps;
  return {
    train: { x: whole.x.slice(0, half), y: whole.y.slice(0, half) },
    test: { x: whole.x.slice(half), y: whole.y.slice(half) },
    original: baseStretches(text, 1, 200),
  };
}

/** `count` stretches of the roles that the base model was trained on, evenly from all of them. */
function baseStretches(text: Text, from: number, count: number): LabelledSamples {
  const held = new Set([...tuningRoles, ...reportedRoles]);
  const base = text.roles.filter((_, rank) => !held.has(rank));
  const { x, y } = stretches(text, base.map(({ speeches }) => speeches).join(''));
  const total = x.length / steps;
  const taken = Array.from(
    { length: count },
    (_, index) => ((from + Math.floor((index * total) / count)) % total) * steps,
  );
  const token = (values: ArrayLike<number>, index: number): number =>
    values[taken[Math.floor(index / steps)]! + (index % steps)]!;
  const length = count * steps;
  return {
    x: Float32Array.from({ length }, (_, index) => token(x, index)),
    y: Uint8Array.from({ length }, (_, index) => token(y, index)),
  };
}

/** x and y hold `steps` tokens for each stretch: its own, and the ones that follow each. */
function stretches({ characters }: Text, speeches: string): LabelledSamples {
  const rank = new Map(characters.map((character, index) => [character, index]));
  const tokens = Array.from(speeches, (character) => rank.get(character)!);
  const length = Math.floor((tokens.length - 1) / steps) * steps;
  return {
    x: Float32Array.from(tokens.slice(0, length)),
    y: Uint8Array.from(tokens.slice(1, length + 1)),
  };
}

export function textOf(file: string): Text {
  const speechesOf = new Map<string, string>();
  for (const paragraph of file.split('\n\n')) {
    const colon = paragraph.indexOf(':\n');
    const name = paragraph.slice(0, colon);
    if (colon < 0 || name.includes('\n')) continue;
    const speech = paragraph.slice(colon + 2).replace(/\n+$/, '');
    speechesOf.set(name, `${speechesOf.get(name) ?? ''}${speech}\n\n`);
  }
  const roles = Array.from(speechesOf, ([name, speeches]) => ({ name, speeches })).toSorted(
    (a, b) => b.speeches.length - a.speeches.length || (a.name < b.name ? -1 : 1),
  );
  return { characters: [...new Set(file)].toSorted(), roles };
}

function present(): Text {
  const bytes = sharedFile(dataSet);
  if (bytes === null) throw new Error(`roles: ${dataSet} is not here`);
  const text = textOf(new TextDecoder().decode(bytes));
  const large = text.roles.filter(({ speeches }) => speeches.length >= smallestRole).length;
  if (large !== 36) {
    throw new Error(`roles: expected 36 roles of ${smallestRole} characters, got ${large}`);
  }
  return text;
}
