import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import fc from 'fast-check';
import { zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { OnwardError } from '#runtime';

import { readNpz } from './read-npz.ts';
import { encodeNpz } from './write-npz.ts';
import type { NpzArray } from './write-npz.ts';

// Made by NumPy: fixtures/make_fixtures.py.
const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

const test = suite('targets/raspberry-pi/data/read-npz');
const folder = mkdtempSync(join(tmpdir(), 'onward-npz-'));
test.after(() => rmSync(folder, { recursive: true }));

function write(bytes: Uint8Array): string {
  const path = join(folder, 'mine.npz');
  writeFileSync(path, bytes);
  return path;
}

async function refusal(path: string): Promise<string> {
  const error: unknown = await readNpz(path).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof OnwardError) return error.message;
  throw new Error('expected an OnwardError', { cause: error });
}

const npy = (header: string, data: number[] = []): Uint8Array => {
  const text = `${header}\n`;
  return Buffer.concat([
    Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(text.length, 0)}${text}`, 'latin1'),
    Buffer.from(data),
  ]);
};

for (const type of [
  'u1',
  'i1',
  'u2',
  'i2',
  'u4',
  'i4',
  'i8',
  'f2',
  'f4',
  'f8',
  'big-i2',
  'big-f4',
]) {
  test(`NumPy's ${type} is read with its shape, labels and users`, async () => {
    const { x, y, user, shape } = await readNpz(fixture(`${type}.npz`));
    const first = type.startsWith('u') ? 0 : -4;
    assert.equal(
      Array.from(x),
      Array.from({ length: 12 }, (_, index) => first + index),
    );
    assert.equal(shape, [3, 2, 2]);
    assert.equal(y, [0, 1, 2]);
    assert.equal(user, ['ana', 'ben', 'ana']);
  });
}

test('labels may be texts of any script, in a compressed file', async () => {
  assert.equal((await readNpz(fixture('texts.npz'))).y, ['zwei', 'añ🙂', '']);
});

test('Fortran order and Python objects are refused with a cure', async () => {
  assert.match(
    await refusal(fixture('fortran.npz')),
    /x: expected values in C order.*ascontiguousarray/,
  );
  assert.match(
    await refusal(fixture('objects.npz')),
    /x: expected an array of numbers or text.*astype/,
  );
});

test('what encodeNpz writes is read back', async () => {
  const x: NpzArray = { values: Float32Array.of(0.5, -1, 2, 3), shape: [2, 2] };
  const back = await readNpz(
    write(
      encodeNpz({ x, y: { values: ['ja', 'nein'] }, user: { values: BigInt64Array.of(7n, -8n) } }),
    ),
  );
  assert.equal(Array.from(back.x), [0.5, -1, 2, 3]);
  assert.equal(back.y, ['ja', 'nein']);
  assert.equal(back.user, [7, -8]);
});

test('arrays that do not belong together are refused by name', async () => {
  const x: NpzArray = { values: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
  assert.match(
    await refusal(write(encodeNpz({ y: x }))),
    /mine\.npz: expected an array x, got none/,
  );
  assert.match(
    await refusal(write(encodeNpz({ x, y: { values: Int32Array.of(1) } }))),
    /y: expected one value for each of 2 samples, got shape \[1\]/,
  );
  assert.match(
    await refusal(write(encodeNpz({ x, y: { values: Float32Array.of(0, 0.5) } }))),
    /y\[1\]: expected an index or text, got 0\.5/,
  );
  assert.match(
    await refusal(write(encodeNpz({ x: { values: Float32Array.of(1) } }))),
    /x: expected samples along the first axis, got shape \[1\]/,
  );
});

test('a file that is no zip, or none at all, is refused by its path', async () => {
  assert.match(
    await refusal(write(Buffer.from('hello'))),
    /mine\.npz: expected a whole \.npz file/,
  );
  assert.match(
    await refusal(join(folder, 'none.npz')),
    /none\.npz: expected a whole \.npz file, got ENOENT/,
  );
});

test('a header that claims more than the file holds allocates nothing', async () => {
  const claim = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 9999), }");
  assert.match(await refusal(write(zipSync({ 'x.npy': claim }))), /x: expected \d+ bytes, got 0/);
  const header = npy('{}');
  header[8] = 255;
  assert.match(await refusal(write(zipSync({ 'x.npy': header }))), /x: expected 265 bytes/);
});

test('an entry that unpacks to more than it claims is refused', async () => {
  const bomb = Buffer.from(zipSync({ 'x.npy': new Uint8Array(50_000_000) }));
  const directory = bomb.indexOf('PK\x01\x02', 0, 'latin1');
  bomb.writeUInt32LE(1000, directory + 24); // uncompressed size
  assert.match(
    await refusal(write(bomb)),
    /mine\.npz: expected a whole \.npz file, got too many bytes/,
  );
});

test('a claim that no deflate stream can fulfil is refused before allocating', async () => {
  const bytes = Buffer.from(zipSync({ 'x.npy': new Uint8Array(1000) }));
  bytes.writeUInt32LE(2 ** 31, bytes.indexOf('PK\x01\x02', 0, 'latin1') + 24);
  assert.match(
    await refusal(write(bytes)),
    /x\.npy: expected at most \d+ bytes, got a claim of 2147483648/,
  );
});

test('more values than a lesson could use are refused before they are converted', async () => {
  const x = { values: new Uint8Array(2 ** 26 + 2), shape: [2, 2 ** 25 + 1] };
  assert.match(
    await refusal(write(encodeNpz({ x }))),
    /x: expected at most 67108864 values, got 67108866/,
  );
});

test('a flipped bit in the values is noticed', async () => {
  const bytes = readFileSync(fixture('f4.npz')); // stored, not compressed
  const at = bytes.indexOf('\n', 0, 'latin1') + 3;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  assert.match(await refusal(write(bytes)), /x\.npy: expected CRC \d+, got \d+; copy it again/);
});

test('no damaged file does anything but be read or refused', async () => {
  const whole = ['f4.npz', 'texts.npz', 'i8.npz'].map((name) => readFileSync(fixture(name)));
  const edit = fc.tuple(fc.nat(900), fc.integer({ min: 0, max: 255 }));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...whole),
      fc.array(edit, { maxLength: 6 }),
      fc.nat(900),
      async (bytes, edits, cut) => {
        const damaged = Buffer.from(bytes);
        for (const [at, value] of edits) damaged[at % damaged.length] = value;
        const path = write(edits.length % 2 === 0 ? damaged.subarray(0, cut) : damaged);
        await readNpz(path).catch((error: unknown) => assert.instance(error, OnwardError));
      },
    ),
    { numRuns: 400, seed: 20261123 },
  );
});

test('no damaged array header does anything but be read or refused', async () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
  const edit = fc.tuple(fc.nat(header.length + 12), fc.integer({ min: 0, max: 255 }));
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 4 }), async (edits) => {
      const bytes = npy(
        header,
        Array.from({ length: 16 }, () => 0),
      );
      for (const [at, value] of edits) bytes[at] = value;
      const path = write(zipSync({ 'x.npy': bytes }));
      await readNpz(path).catch((error: unknown) => assert.instance(error, OnwardError));
    }),
    { numRuns: 300, seed: 20261123 },
  );
});

test.run();
