import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { decodePackage, FormatError } from '#runtime';
import type { PackageContent } from '#runtime';

import { randomContent } from '../../test/support/random-content.ts';
import { encodePackage } from './encode.ts';

const test = suite('exporters/package/round-trip');
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
    import { decodePackage } from '#runtime';
    import { encodePackage } from '#exporters';
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

test('accuracies are fractions, carried as they are', async () => {
  const content = randomContent(5);
  const withAccuracies = (floatAccuracy: number | null, int8Accuracy: number | null) => ({
    ...content,
    provenance: { ...content.provenance, floatAccuracy, int8Accuracy },
  });
  const pairs = [
    [0, 1],
    [1 / 3, 0.1 + 0.2],
    [null, Number.MIN_VALUE],
  ] as const;
  for (const [float, int8] of pairs) {
    const bytes = await encodePackage(withAccuracies(float, int8), sha256);
    const { provenance } = await decodePackage(bytes, sha256);
    assert.equal([provenance.floatAccuracy, provenance.int8Accuracy], [float, int8]);
  }
  for (const percent of [91.5, 1.001, -0.1, Number.NaN]) {
    await expectRefusal(
      withAccuracies(percent, null),
      /^package: provenance\.floatAccuracy: expected a number from 0 to 1, got .*; change the content/,
    );
  }
});

test('content that does not hold is refused when it is written', async () => {
  const content = randomContent(3);
  const broken = { ...content, labels: ['a', 'a'] };
  await expectRefusal(
    broken,
    /^package: labels\[1\]: expected names that differ.*; change the content/,
  );
});

test('what no reader would take is not written', async () => {
  const content = randomContent(3);
  const labels = Array.from({ length: 70_000 }, (_, index) => `${index}`);
  await expectRefusal({ ...content, labels }, /^package: labels: expected an array of 1 to 65536/);
  const plan = { ...content.plan, clip: undefined as unknown as number };
  await expectRefusal({ ...content, plan }, /^package: plan\.clip: expected a number/);
});

async function expectRefusal(content: PackageContent, message: RegExp): Promise<void> {
  try {
    await encodePackage(content, sha256);
  } catch (error) {
    assert.instance(error, FormatError);
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable('nothing was thrown');
}

test.run();
