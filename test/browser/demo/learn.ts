// A visit, from the first digit to a lesson that is undone, saved and loaded.
import { readFileSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { drawSeven, openDemoPage, textOf, untilReady } from '../../support/demo-page.ts';
import type { DemoPage } from '../../support/demo-page.ts';

const test = suite<{ demo: DemoPage; saved: Buffer; reached: number }>('demo/learn');

/** The rasteriser shares the CPU with everything else. */
const lessonLimitMs = 400_000;

test.before(async (context) => {
  context.demo = await openDemoPage({ viewport: { width: 1280, height: 800 } });
});

test.after(async ({ demo }) => {
  await demo[Symbol.asyncDispose]();
});

test('a drawing is read, with a confidence for each digit', async ({ demo: { page } }) => {
  await drawSeven(page);
  assert.match(await textOf(page, 'spoken', /It reads/), /^It reads 7, \d+\s% sure\.$/);
  assert.is(await page.locator('#bars li').count(), 10);
});

test('a correction becomes an example, and can be deleted', async ({ demo: { page } }) => {
  await page.getByRole('button', { name: 'It is 7' }).click();
  await textOf(page, 'count', /^1 example/);
  assert.is(await textOf(page, 'label', /–/), '–'); // the pad is clear again
  await page.getByRole('button', { name: 'Delete this example of 7' }).click();
  await textOf(page, 'count', /^None yet/);
});

test('a lesson on a new person’s digits helps with those it never saw', async (context) => {
  const { demo } = context;
  const { page } = demo;
  await page.getByRole('button', { name: 'Try a new person' }).click();
  const before = await textOf(page, 'verdict', /Press Learn/);
  assert.match(before, /reads \d+\s%/);
  await page.getByRole('button', { name: 'Learn', exact: true }).click();
  await textOf(page, 'step', /^Step/);
  await demo.screenshot('learning');
  const verdict = await textOf(page, 'verdict', /^Kept/, lessonLimitMs);
  const [, from, to] = /read (\d+)\s% before and reads (\d+)\s% now/.exec(verdict)!;
  assert.ok(Number(to) > Number(from) + 30, verdict);
  context.reached = Number(to);
  assert.match(await textOf(page, 'report', /Time/), /ms a step.*KiB, measured/);
  await demo.screenshot('learned');
});

test('after a reload it remembers the lesson and the examples', async ({ demo: { page } }) => {
  await page.reload();
  await untilReady(page);
  await textOf(page, 'history', /Lesson 1 .*in use/);
  await textOf(page, 'count', /^64 examples/);
});

test('what was learned is saved to a file', async (context) => {
  const { page } = context.demo;
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save to a file' }).click(),
  ]);
  assert.is(download.suggestedFilename(), 'digits.onward-learned');
  context.saved = readFileSync(await download.path());
  assert.ok(context.saved.length > 10_000);
});

test('undo takes the lesson back', async ({ demo: { page } }) => {
  await page.getByRole('button', { name: 'Undo the last lesson' }).click();
  await textOf(page, 'history', /Lesson 1 .*undone/);
  assert.ok(await page.locator('#undo').isDisabled());
});

test('after forgetting, the file brings the weights back', async (context) => {
  const { page } = context.demo;
  page.once('dialog', (dialog) => void dialog.accept());
  await page.getByRole('button', { name: 'Forget everything' }).click();
  await textOf(page, 'kept', /^Forgotten/);
  await page.locator('#import-file').setInputFiles(fileOf(context.saved));
  await textOf(page, 'kept', /^Loaded/);
  await textOf(page, 'history', /loaded, in use/);
  await page.getByRole('button', { name: 'Try a new person' }).click();
  const verdict = await textOf(page, 'verdict', /Press Learn/);
  const [, share] = /reads (\d+)\s%/.exec(verdict)!;
  assert.is(Number(share), context.reached);
});

test('a damaged or foreign file is refused, and what was learned stays', async (context) => {
  const { page } = context.demo;
  const flipped = Buffer.from(context.saved);
  flipped[flipped.length - 100]! ^= 1;
  for (const bytes of [
    flipped,
    context.saved.subarray(0, -100),
    Buffer.from('{"kind":"x"}\n'),
    Buffer.alloc(0),
  ]) {
    await page.locator('#import-file').setInputFiles(fileOf(bytes));
    await textOf(page, 'problem', new RegExp(`expected whole weights, got ${bytes.length} bytes`));
  }
  await textOf(page, 'history', /loaded, in use/);
});

test('nothing leaves the page, and its content security policy stands', ({ demo }) => {
  demo.expectNoProblems();
});

function fileOf(buffer: Buffer): { name: string; mimeType: string; buffer: Buffer } {
  return { name: 'mine.onward-learned', mimeType: 'application/octet-stream', buffer };
}

test.run();
