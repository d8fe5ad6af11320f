// A snapshot: the weights after one kept lesson, where they differ from the package's, with the lesson
// itself, so that a lost journal can be told from what is left.
//
//   magic 8 | CRC-32 of all that follows u32 | header length u32 | header | arrays
//
// Little-endian. The header is JSON, with the length of each array; the arrays are the int8 weights and
// the int32 bias of each layer in turn, then the examples' samples, and the file ends with them.
import { FormatError, InputError } from '../errors.ts';
import type { LayerParameters } from '../graph/model.ts';
import { copyParameters } from '../graph/parameters.ts';
import type { Parameters } from '../graph/parameters.ts';
import { noExamples } from '../learning/examples.ts';
import type { SplitExamples } from '../learning/examples.ts';
import { int32Array, integer, list, named, refuse, reject, text } from '../package/check.ts';
import type { Check } from '../package/check.ts';
import { crc32 } from './crc32.ts';
import { hex } from './hex.ts';
import { checkLesson } from './journal.ts';
import type { LessonEntry } from './journal.ts';
import { fromAscii, parseJson, toJson } from './json.ts';

const magic = Uint8Array.of(0x89, 0x4f, 0x4e, 0x57, 0x53, 0x54, 0x31, 0x0a); // .ONWST1.
const digestEnd = 12;
const headerStart = 16;

export interface Snapshot {
  readonly packageId: string;
  readonly lesson: LessonEntry;
  /** Names of the classes after the package's. */
  readonly labels: readonly string[];
  readonly layers: readonly StoredLayer[];
  readonly examples: SplitExamples;
}

export interface StoredLayer {
  readonly node: number;
  /** int8. */
  readonly weights: Uint8Array;
  readonly bias: Int32Array;
}

interface LayerSize {
  readonly node: number;
  /** Values, not bytes. */
  readonly weights: number;
  readonly bias: number;
}

/** The sizes of what follows it. */
interface Header extends Omit<Snapshot, 'layers' | 'examples'> {
  readonly layers: readonly LayerSize[];
  /** No padding where all are whole; it is left out of the file then. */
  readonly examples: Omit<SplitExamples, 'samples'> & {
    readonly padding: readonly number[];
    readonly bytes: number;
  };
}

const checkHeader: Check<Header> = named<Header>({
  packageId: hex,
  lesson: checkLesson,
  labels: list(text(1, 256), 0, 65_536),
  layers: list(
    named<LayerSize>({
      node: integer(0, 2 ** 31),
      weights: integer(0, 2 ** 31),
      bias: integer(0, 2 ** 29),
    }),
    0,
    65_536,
  ),
  examples: named<Header['examples']>({
    labels: list(integer(-1, 65_536), 0, 2 ** 20),
    held: list(integer(0, 1), 0, 65_536),
    padding: list(integer(0, 2 ** 31), 0, 65_536),
    bytes: integer(0, 2 ** 31),
  }),
});

export function encodeSnapshot({
  packageId,
  lesson,
  labels,
  layers,
  examples,
}: Snapshot): Uint8Array<ArrayBuffer> {
  const sizes = layers.map(({ node, weights, bias }) => ({
    node,
    weights: weights.length,
    bias: bias.length,
  }));
  const { samples, padding = [], ...names } = examples;
  const stored = { labels: names.labels, held: names.held, padding, bytes: samples.length };
  const all = { packageId, lesson, labels, layers: sizes, examples: stored };
  const checked = checkHeader(all, '');
  const { padding: steps, ...whole } = checked.examples;
  const shown = steps.length > 0 ? checked.examples : whole;
  const header = fromAscii(toJson({ ...checked, examples: shown }));
  let position = headerStart + header.length;
  const file = new Uint8Array(
    sizes.reduce((length, { weights, bias }) => length + weights + bias * 4, position) +
      samples.length,
  );
  const view = new DataView(file.buffer);
  file.set(magic);
  view.setUint32(digestEnd, header.length, true);
  file.set(header, headerStart);
  for (const { weights, bias } of layers) {
    file.set(weights, position);
    position += weights.length;
    for (const value of bias) {
      view.setInt32(position, value, true);
      position += 4;
    }
  }
  file.set(samples, position);
  view.setUint32(magic.length, crc32(file.subarray(digestEnd)), true);
  return file;
}

/** Throws FormatError for anything but a whole snapshot. */
export function readSnapshot(file: Uint8Array): Snapshot {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const hasMagic = file.length >= headerStart && magic.every((byte, i) => file[i] === byte);
  if (!hasMagic || view.getUint32(magic.length, true) !== crc32(file.subarray(digestEnd))) {
    refuse('snapshot', 'whole weights', `${file.length} bytes of something else`);
  }
  let position = headerStart;
  const take = (length: number): Uint8Array => {
    const start = position;
    position += length;
    if (position > file.length) reject('snapshot', `${position} bytes`, file.length);
    return file.subarray(start, position);
  };
  const json = parseJson(take(view.getUint32(digestEnd, true)));
  const { layers: sizes, examples: stored, ...header } = checkHeader(withDefaults(json), '');
  const layers = sizes.map(({ node, weights, bias }) => ({
    node,
    weights: new Uint8Array(take(weights)),
    bias: int32Array(bias)(take(bias * 4), 'bias'),
  }));
  const { bytes, padding, ...names } = stored;
  const samples = new Uint8Array(take(bytes));
  const examples = { samples, ...names, ...(padding.length > 0 && { padding }) };
  if (position !== file.length) reject('snapshot', `${position} bytes`, file.length);
  const { length } = names.held;
  if (names.labels.length % (length || Infinity) > 0) {
    reject('examples.held', `a part of ${names.labels.length}`, length);
  }
  return { ...header, layers, examples };
}

// Files from before there were any examples have none.
function withDefaults(json: unknown): unknown {
  const { samples, ...none } = noExamples;
  const { examples = { ...none, bytes: samples.length }, ...rest } = Object(
    json,
  ) as Partial<Header>;
  return { ...rest, examples: { padding: [], ...examples } };
}

/** The layers of `parameters` that are not as in `base`. */
export function changedLayers(base: Parameters, parameters: Parameters): StoredLayer[] {
  return Array.from(base, ([node, { weights, bias }]) => {
    const now = parameters.get(node);
    if (!now) throw new InputError(`commit: expected parameters of node ${node}, got none`);
    const isSame =
      now.weights.every((weight, i) => weight === weights[i]) &&
      now.bias.every((value, i) => value === bias[i]);
    return isSame ? null : { node, weights: new Uint8Array(now.weights), bias: now.bias.slice() };
  }).filter((layer) => layer !== null);
}

/** `base` with the stored layers over it, all arrays new. Throws FormatError where sizes differ. */
export function applyLayers(
  base: Parameters,
  layers: readonly StoredLayer[],
): Map<number, LayerParameters> {
  const parameters = copyParameters(base);
  for (const { node, weights, bias } of layers) {
    const target = parameters.get(node);
    if (target?.weights.length !== weights.length || target.bias.length !== bias.length) {
      throw new FormatError(`snapshot: expected the shape of node ${node}, got another`);
    }
    target.weights.set(weights);
    target.bias.set(bias);
  }
  return parameters;
}
