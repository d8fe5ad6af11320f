// Whatever the bytes are, decoding ends soon, in little memory, with content or a FormatError.
import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { decodePackage, FormatError } from '#runtime';
import type { DecodeOptions, Sha256 } from '#runtime';

import { smallContent } from '../../test/support/small-content.ts';
import { writeContainer } from './container.ts';
import { encodePackage } from './encode.ts';
import type { Plain } from './pack.ts';
import { plainContent } from './plain-content.ts';

const test = suite('exporters/package/hostile');

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** Agrees with everything, so that what lies behind the digests is reached. */
const blindSha256: Sha256 = async () => new Uint8Array(32);

/** The FormatError's message, or null where the bytes were decoded. */
async function outcome(
  bytes: Uint8Array,
  digest: Sha256 = sha256,
  options: DecodeOptions = {},
): Promise<string | null> {
  try {
    await decodePackage(bytes, digest, options);
    return null;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    assert.match(
      error.message,
      /^package: .*: expected .*, got .*; |^package: expected .*, got .*; /s,
    );
    assert.ok(error.message.length < 700, error.message);
    return error.message;
  }
}

async function expectRefusal(bytes: Uint8Array, pattern: RegExp): Promise<void> {
  assert.match((await outcome(bytes)) ?? 'decoded', pattern);
}

const whole = await encodePackage(smallContent(), sha256);
const blind = await encodePackage(smallContent(), blindSha256);

test('a file cut at any length is refused', async () => {
  for (let length = 0; length < whole.length; length++) {
    assert.ok(await outcome(whole.subarray(0, length)), `${length} bytes were decoded`);
  }
  await expectRefusal(whole.subarray(0, 20), /expected an \.onward file, got 20 bytes/);
  await expectRefusal(whole.subarray(0, 60), /header: expected .* got the end of the file/);
});

test('a file with bytes after its end is refused', async () => {
  const longer = new Uint8Array(whole.length + 1);
  longer.set(whole);
  await expectRefusal(longer, /package: file: expected \d+ bytes, got \d+/);
});

test('a file with any bit flipped is refused', async () => {
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const damaged = whole.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assert.ok(await outcome(damaged), `bit ${bit} was not noticed`);
  }
});

test('any change that the digests let through gives content or a FormatError', async () => {
  for (let position = 8; position < blind.length; position++) {
    for (const value of [0x00, 0x7f, 0x90, 0x9f, 0xc1, 0xc7, 0xdd, 0xdf, 0xff]) {
      const damaged = blind.slice();
      damaged[position] = value;
      await outcome(damaged, blindSha256);
    }
  }
});

test('random bytes are refused, with a right magic as well', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      assert.ok(await outcome(bytes));
      const start = Uint8Array.from([...whole.subarray(0, 12), bytes.length, 0, 0, 0]);
      const file = new Uint8Array(48 + bytes.length);
      file.set(start);
      file.set(bytes, 48);
      assert.ok(await outcome(file, blindSha256));
    }),
    { numRuns: 2000 },
  );
});

test('a newer version says what to do', async () => {
  const newer = whole.slice();
  newer[8] = 2;
  await expectRefusal(newer, /^package: expected format version 1, got 2; update onward here/);
});

/** A file with right digests around `plain`, which need not be content. */
async function forge(plain: Plain, blobs: readonly Uint8Array[]): Promise<Uint8Array> {
  return writeContainer(plain, blobs, sha256);
}

function smallPlain(): { plain: Plain; blobs: readonly Uint8Array[] } {
  const blobs: Uint8Array[] = [];
  return { plain: plainContent(smallContent(), blobs), blobs };
}

// Every place in `plain`, as a function that puts something else there.
function* places(plain: Plain): Generator<(value: Plain) => Plain> {
  yield (value) => value;
  if (!Array.isArray(plain)) return;
  const items = plain as readonly Plain[];
  for (const [index, item] of items.entries()) {
    for (const put of places(item)) yield (value) => items.with(index, put(value));
  }
  yield (value) => [...items, value];
  if (items.length > 0) yield () => items.slice(1);
}

const hostileValues: readonly Plain[] = [
  null,
  true,
  -1,
  2 ** 31,
  2 ** 53,
  1e300,
  Number.NaN,
  -Infinity,
  0.5,
  '',
  '__proto__',
  'constructor',
  '\u001b[2J\u202e',
  'x'.repeat(5000),
  [],
  [[[[[[]]]]]],
  Array.from({ length: 300 }, () => 0),
  new Uint8Array(0),
  new Uint8Array(3),
];

test('any field of any wrong kind, size or value gives content or a FormatError', async () => {
  const { plain, blobs } = smallPlain();
  let refused = 0;
  let accepted = 0;
  for (const put of places(plain)) {
    for (const value of hostileValues) {
      if (await outcome(await forge(put(value), blobs))) refused++;
      else accepted++;
    }
  }
  assert.ok(refused > 2000, `${refused}`);
  assert.ok(accepted < refused / 20, `${accepted} of ${refused} changes were accepted`);
});

test('names that would reach a prototype or a terminal are refused', async () => {
  for (const label of ['__proto__', 'a\u0000b', '\u001b[31m', 'a\u202eb', '', 'a\nb']) {
    const { plain, blobs } = smallPlain();
    const file = await forge((plain as readonly Plain[]).with(6, [label]), blobs);
    await expectRefusal(file, /labels\[0\]: expected 1 to 256 printable characters/);
  }
});

test('a path leads to the field', async () => {
  const { plain, blobs } = smallPlain();
  const [model, ...rest] = plain as readonly (readonly Plain[])[];
  const [graph, ...others] = model as readonly (readonly Plain[])[];
  const [shape, nodes] = graph as readonly [Plain, readonly (readonly Plain[])[]];
  const node = nodes[1]!.with(3, [-7]);
  const file = await forge([[[shape, nodes.with(1, node)], ...others], ...rest], blobs);
  await expectRefusal(
    file,
    /^package: model\.graph\.nodes\[1\]\.inputs\[0\]: expected an integer from 0 to 4096, got -7; the file is damaged or not made by onward export$/,
  );
});

test('blobs that are missing, left over or exchanged are refused', async () => {
  const { plain, blobs } = smallPlain();
  await expectRefusal(await forge(plain, blobs.slice(0, -1)), /expected a blob, got none left/);
  await expectRefusal(await forge(plain, blobs.slice(1)), /package: /);
  await expectRefusal(
    await forge(plain, [...blobs, new Uint8Array(4)]),
    /package: blobs: expected/,
  );
  await expectRefusal(await forge(plain, blobs.toReversed()), /package: /);
});

test('a small file cannot ask for a large array', async () => {
  const { plain, blobs } = smallPlain();
  const content = plain as readonly Plain[];
  const feedback = (content[3] as readonly (readonly Plain[])[])[0]!;
  const matrix = feedback[6] as readonly Plain[];
  const zeros = blobs.with(matrix[2] as number, new Uint8Array(0)); // no byte, any number of values
  const forged = (length: number): Promise<Uint8Array> =>
    forge(content.with(3, [feedback.with(6, [length, 2, matrix[2]!])]), zeros);
  await expectRefusal(await forged(2 ** 31), /arrays of at most 268435456 bytes in all/);
  await expectRefusal(await forged(2 ** 20), /feedback\[0\]\.matrix: expected 2x2 values/);
  const limited = await outcome(await forged(2 ** 20), sha256, { memoryLimit: 2 ** 16 });
  assert.match(limited ?? 'decoded', /arrays of at most 65536 bytes in all/);
});

test.run();
