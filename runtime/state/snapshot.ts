// A snapshot: the weights after one kept lesson, where they differ from the package's, with the lesson
// itself, so that a lost journal can be told from what is left.
//
//   magic 8 | CRC-32 of the payload u32 | payload: plain msgpack
import { FormatError, InputError } from '../errors.ts';
import type { LayerParameters } from '../graph/model.ts';
import { bytes, int32Array, integer, list, record, refuse, text } from '../package/field.ts';
import type { Field } from '../package/field.ts';
import { pack, unpack } from '../package/plain.ts';
import { crc32 } from './crc32.ts';
import { lessonField } from './journal.ts';
import type { LessonEntry } from './journal.ts';

const magic = Uint8Array.of(0x89, 0x4f, 0x4e, 0x57, 0x53, 0x54, 0x31, 0x0a); // .ONWST1.
const headLength = 12;

/** By node index, as an engine holds them; `weightScales` never change and are not stored. */
export type Parameters = ReadonlyMap<number, LayerParameters>;

export interface Snapshot {
  readonly packageId: Uint8Array;
  readonly lesson: LessonEntry;
  /** Names of the classes after the package's. */
  readonly labels: readonly string[];
  readonly layers: readonly StoredLayer[];
}

export interface StoredLayer {
  readonly node: number;
  /** int8. */
  readonly weights: Uint8Array;
  readonly bias: Int32Array;
}

const snapshotField: Field<Snapshot> = record<Snapshot>({
  packageId: bytes(1, 64),
  lesson: lessonField,
  labels: list(text(1, 256), 0, 65_536),
  layers: list(
    record<StoredLayer>({
      node: integer(0, 2 ** 31),
      weights: bytes(0, 2 ** 31),
      bias: int32Array(2 ** 29),
    }),
    0,
    65_536,
  ),
});

export function encodeSnapshot(snapshot: Snapshot): Uint8Array<ArrayBuffer> {
  const payload = pack(snapshotField.write(snapshot, 'snapshot'));
  const file = new Uint8Array(headLength + payload.length);
  file.set(magic);
  new DataView(file.buffer).setUint32(8, crc32(payload), true);
  file.set(payload, headLength);
  return file;
}

/** Throws FormatError for anything but a whole snapshot. */
export function readSnapshot(file: Uint8Array): Snapshot {
  const payload = file.subarray(headLength);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const hasMagic = file.length >= headLength && magic.every((byte, i) => file[i] === byte);
  if (!hasMagic || view.getUint32(8, true) !== crc32(payload)) {
    refuse('snapshot', 'whole weights', `${file.length} bytes of something else`);
  }
  return snapshotField.read(unpack(payload, 'snapshot'), '');
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
  const parameters = copyOf(base);
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

export function copyOf(parameters: Parameters): Map<number, LayerParameters> {
  return new Map(
    Array.from(parameters, ([node, { weights, bias, weightScales }]) => [
      node,
      { weights: weights.slice(), bias: bias.slice(), weightScales },
    ]),
  );
}
