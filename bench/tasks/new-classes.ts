// New classes from one to five examples: a reader of digits that is taught five characters it has never seen.
// Every arm starts from the same head, whose new rows were imprinted as Learner.addClass does it.
import { runFloat } from '#exporters';
import type { FloatModel, ImportedModel } from '#exporters';
import { shuffled } from '#runtime';
import type { Layer } from '#runtime';
import { imprintedRow } from '#runtime/new-classes';
import type { HeadRow } from '#runtime/new-classes';

import { calibrationSet, digitUser } from './digit-users.ts';
import { hardDigits } from './digits.ts';
import { characters, dataSet, drawers, drawings } from './omniglot.ts';
import type { BaseModel, LabelledSamples, Owner, OwnerData, Task } from './task.ts';

const [digits, added] = [10, 5];

/** `Greek 5`: five characters of this alphabet, five examples of each. */
function usersOf(alphabets: readonly string[], shots: readonly number[]): string[] {
  return alphabets.flatMap((alphabet) => shots.map((shot) => `${alphabet} ${shot}`));
}

export const newClasses: Task = {
  name: 'new-classes',
  title: 'Five new characters from one to five examples',
  describes:
    'Base model: demo/digits.onnx with five more output rows, imprinted from the examples. A user is five characters ' +
    'of one alphabet and a number of examples. Learned from: so many of each character and of each digit; tested on the ' +
    'characters of all other people who drew them and as many digits of each class; forgetting on 50 other digits of each class.',
  tuningUsers: usersOf(['Balinese', 'Latin'], [1, 5]),
  users: usersOf(['Greek', 'Early_Aramaic', 'Korean'], [5, 3, 1]),
  quickUsers: 0,
  batchSize: 4,
  epochs: 16,
  missing: () => (characters().length > 0 ? null : `${dataSet}.bin is not here`),
  baseModel,
  data: ownerData,
};

interface Draw {
  readonly shots: number;
  /** Of the data set, five of the alphabet's. */
  readonly chosen: readonly number[];
  /** Order of the people; the first `shots` draw what is learned. */
  readonly people: readonly number[];
}

function drawOf({ user, seed }: Owner): Draw {
  const [alphabet, shots] = user.split(' ') as [string, string];
  const all = [...characters().entries()].flatMap(([index, name]) =>
    name.startsWith(`${alphabet}/`) ? [index] : [],
  );
  const people = shuffled(
    Array.from({ length: drawers }, (_, drawer) => drawer),
    seed,
  );
  return { shots: Number(shots), chosen: shuffled(all, seed).slice(0, added), people };
}

function ownerData(owner: Owner): OwnerData {
  const { shots, chosen, people } = drawOf(owner);
  const others = people.slice(shots);
  const plain = plainDigits(owner.seed);
  return {
    train: joined(drawn(chosen, people.slice(0, shots)), ofEach(plain, 0, shots)),
    test: joined(drawn(chosen, others), ofEach(plain, shots, drawers)),
    original: ofEach(plain, drawers, drawers + 50),
  };
}

function baseModel(owner: Owner): BaseModel {
  return {
    key: `new-classes-${owner.user}-${owner.seed}`,
    imported: withRows(hardDigits.baseModel(owner).imported, ownerData(owner).train),
    calibration: () => calibrationSet({ samples: 100 }),
  };
}

/** The same model with a row for each added class, imprinted one after another. */
function withRows(imported: ImportedModel, { x, y }: LabelledSamples): ImportedModel {
  const index = imported.graph.nodes.length - 1;
  const head = imported.graph.nodes[index] as Layer;
  const { weights, bias } = imported.parameters.get(index)!;
  const features = featuresOf(imported, x, head.inputs[0]!);
  const fan = weights.length / bias.length;
  const rows: HeadRow[] = Array.from(bias, (own, o) => ({
    weights: Float64Array.from(weights.subarray(o * fan, (o + 1) * fan)),
    bias: own,
  }));
  for (let label = digits; label < digits + added; label++) {
    const fresh = features.filter((_, n) => y[n] === label);
    const old = features.filter((_, n) => y[n]! < label);
    rows.push(imprintedRow(rows, fresh, old));
  }
  const grown = { ...head, attributes: { ...head.attributes, outputChannels: rows.length } };
  const parameters = new Map(imported.parameters).set(index, {
    weights: Float32Array.from(rows.flatMap((row) => [...row.weights])),
    bias: Float32Array.from(rows, (row) => row.bias),
  });
  const graph = { ...imported.graph, nodes: imported.graph.nodes.with(index, grown as Layer) };
  return { ...imported, graph, parameters };
}

function featuresOf(model: FloatModel, x: Float32Array, value: number): Float64Array[] {
  const size = 28 * 28;
  return Array.from({ length: x.length / size }, (_, n) => {
    const image = x.subarray(n * size, (n + 1) * size);
    return Float64Array.from(
      runFloat(model, image, { keep: (made) => made === value }).get(value)!,
    );
  });
}

function drawn(chosen: readonly number[], people: readonly number[]): LabelledSamples {
  return drawings(
    chosen.flatMap((character, index) =>
      people.map((drawer) => [character, drawer, digits + index] as const),
    ),
  );
}

/** Ordinary digits that the base model has not seen. */
function plainDigits(seed: number): LabelledSamples {
  const options = { user: 0, seed, shift: 'mild', samples: 0, testSamples: 0 } as const;
  return digitUser({ ...options, originalSamples: 1000 }).original;
}

/** The samples of every class from the `from`th up to the `to`th. */
function ofEach({ x, y }: LabelledSamples, from: number, to: number): LabelledSamples {
  const size = 28 * 28;
  const seen = Array.from({ length: digits }, () => 0);
  const rows = [...y.keys()].filter((row) => {
    const nth = seen[y[row]!]!++;
    return nth >= from && nth < to;
  });
  const chosen = new Float32Array(rows.length * size);
  rows.forEach((row, n) => chosen.set(x.subarray(row * size, (row + 1) * size), n * size));
  return { x: chosen, y: Uint8Array.from(rows, (row) => y[row]!) };
}

function joined(a: LabelledSamples, b: LabelledSamples): LabelledSamples {
  const x = new Float32Array(a.x.length + b.x.length);
  x.set(a.x);
  x.set(b.x, a.x.length);
  return { x, y: Uint8Array.from([...a.y, ...b.y]) };
}
