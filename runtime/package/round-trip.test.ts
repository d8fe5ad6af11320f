import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { randomContent } from '../../test/support/random-content.ts';
import { FormatError } from '../errors.ts';
import { decodePackage } from './decode.ts';
import { encodePackage } from './encode.ts';

const test = suite('runtime/package/round-trip');
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return createHash('sha256').update(bytes).digest(); // a Buffer, as Node users would pass
}

test('what is decoded equals what was encoded', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const content = randomContent(seed);
      const decoded = await decodePackage(await encodePackage(content, sha256), sha256);
      assert.equal(decoded, content);
    }),
    { numRuns: 200 },
  );
});

test('the same content gives the same bytes, however its maps were filled', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const content = randomContent(seed);
      const again = randomContent(seed);
      const layers = new Map(Array.from(again.model.layers).toReversed());
      const reordered = { ...again, model: { ...again.model, layers } };
      const bytes = await encodePackage(content, sha256);
      assert.equal(await encodePackage(reordered, sha256), bytes);
      assert.equal(await encodePackage(await decodePackage(bytes, sha256), sha256), bytes);
    }),
    { numRuns: 50 },
  );
});

test('the content owns its arrays, wherever the bytes came from', async () => {
  const content = randomContent(4);
  const encoded = await encodePackage(content, sha256);
  const pool = Buffer.concat([Buffer.from('x'), encoded]); // an odd offset, as of a pooled read
  const decoded = await decodePackage(pool.subarray(1), sha256);
  pool.fill(0xff);
  assert.equal(decoded, content);
  for (const { weights, bias, weightScales } of decoded.model.layers.values()) {
    for (const array of [weights, bias, weightScales]) {
      assert.is(array.byteLength, array.buffer.byteLength);
    }
  }
});

test('encoding leaves the content and the given bytes as they were', async () => {
  const content = randomContent(8);
  const bytes = await encodePackage(content, sha256);
  const before = bytes.slice();
  await decodePackage(bytes, sha256);
  assert.equal(content, randomContent(8));
  assert.equal(bytes, before);
  assert.equal(Object.keys(bytes).length, bytes.length); // nothing left on the caller's array
});

test('it works where code generation is forbidden, as under a strict CSP', async () => {
  const { execFileSync } = await import('node:child_process');
  const script = `
    import { randomContent } from ${JSON.stringify(new URL('../../test/support/random-content.ts', import.meta.url))};
    import { decodePackage, encodePackage } from '#runtime';
    const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const { labels } = await decodePackage(await encodePackage(randomContent(1), sha256), sha256);
    console.log(labels.length);`;
  const options = ['--disallow-code-generation-from-strings', '--conditions=source'];
  const output = execFileSync(
    process.execPath,
    [...options, '--import=tsx', '--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  );
  assert.is(Number(output), randomContent(1).labels.length);
});

test('content that does not hold is refused when it is written', async () => {
  const content = randomContent(3);
  const broken = { ...content, labels: ['a', 'a'] };
  try {
    await encodePackage(broken, sha256);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, FormatError);
    assert.match((error as Error).message, /^package: labels/);
  }
});

test.run();
