// A package that takes pictures: opened in the page, shown what a camera sees, and taught what it got
// wrong. The camera is Chromium's fake one, and shows a picture that the network reads wrongly.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { exportPackage } from '#exporters';
import { argmax, openKernelEngine, softmax } from '#runtime';
import type { PackageContent } from '#runtime';

import { cameraFile } from '../../support/camera-file.ts';
import { launchChromium } from '../../support/chromium.ts';
import { openDemoPage, textOf, untilReady } from '../../support/demo-page.ts';
import type { DemoPage } from '../../support/demo-page.ts';
import { pageProblems } from '../../support/page-problems.ts';
import { sharedData } from '../../support/shared-data.ts';
import { skipBecause } from '../../support/skip.ts';

interface Context {
  folder: string;
  bytes: Uint8Array;
  /** What the camera shows, and what the network takes it for. */
  truth: string;
  mistaken: string;
  browser: Browser;
  demo: DemoPage;
}

const test = suite<Context>('demo/camera');
const onnx = sharedData('resnet8_cifar10_fp32.onnx');
const [images, index] = [sharedData('cifar10-sub.bin'), sharedData('cifar10-sub.json')];
const isHere = onnx !== null && images !== null && index !== null;
const onPictures = isHere ? test : skipBecause(test, 'resnet8 and its images are not here');

const [side, size] = [32, 3072];
const lessonLimitMs = 400_000;
/** Sure enough that scaling and the camera's colours change nothing. */
const surelyWrong = 0.9;

interface Pictures {
  readonly pictures: readonly Uint8Array[];
  readonly labels: readonly number[];
  readonly classes: readonly string[];
}

/** Every `step`-th picture of a set, channels last. */
function readPictures(set: 'train' | 'test', step: number, count: number): Pictures {
  const { arrays, classes } = JSON.parse(readFileSync(index!, 'utf8'));
  const bytes = readFileSync(images!);
  const pictures = Array.from({ length: count }, (_, n) => {
    const at = arrays[`${set}_x`].offset + n * step * size;
    return Uint8Array.from(
      { length: size },
      (_value, i) => bytes[at + (i % 3) * 1024 + Math.floor(i / 3)]!,
    );
  });
  const labels = Array.from(
    { length: count },
    (_, n) => bytes[arrays[`${set}_y`].offset + n * step]!,
  );
  return { pictures, labels, classes };
}

/** The first picture that the network is sure about and wrong. */
async function findMistake(
  content: PackageContent,
): Promise<{ picture: Uint8Array; truth: string; mistaken: string }> {
  const { model, modules, plan, feedback, stateFeedback } = content;
  const parts = { model, modules, plan, feedback, stateFeedback };
  await using engine = await openKernelEngine({
    ...parts,
    parameters: model.layers,
    programs: new Map(),
  });
  const { pictures, labels, classes } = readPictures('test', 7, 250);
  for (const [n, picture] of pictures.entries()) {
    const logits = await engine.predict(picture, 1);
    const best = argmax(logits, 0, 10);
    if (best === labels[n] || softmax(logits, 0, 10)[best]! < surelyWrong) continue;
    return { picture, truth: classes[labels[n]!]!, mistaken: classes[best]! };
  }
  throw new Error(`expected a picture that is read wrongly with ${surelyWrong} and more, got none`);
}

async function openPackage(
  { page }: DemoPage,
  buffer: Buffer,
  name = 'resnet8.onward',
): Promise<void> {
  const file = { name, mimeType: 'application/octet-stream', buffer };
  await page.locator('#package-file').setInputFiles(file);
}

test.before(async (context) => {
  if (!isHere) return;
  const { pictures, labels, classes } = readPictures('train', 83, 60);
  const { bytes, content } = await exportPackage(readFileSync(onnx), {
    calibration: {
      x: Float32Array.from(pictures.flatMap((picture) => Array.from(picture))),
      y: labels,
    },
    labels: classes,
    sha256: async (data) => createHash('sha256').update(data).digest(),
  });
  const { picture, truth, mistaken } = await findMistake(content);
  const folder = mkdtempSync(join(tmpdir(), 'onward-camera-'));
  const video = join(folder, 'camera.y4m');
  writeFileSync(video, cameraFile({ pixels: picture, side }));
  const browser = await launchChromium([
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${video}`,
  ]);
  const demo = await openDemoPage({ browser, viewport: { width: 360, height: 740 } });
  Object.assign(context, { folder, bytes, truth, mistaken, browser, demo });
});

test.after(async ({ demo, browser, folder }) => {
  if (!isHere) return;
  await demo[Symbol.asyncDispose]();
  await browser.close();
  rmSync(folder, { recursive: true });
});

onPictures('a file that is no package is refused, and the digits stay', async ({ demo }) => {
  await openPackage(demo, Buffer.from('no package'), 'other.onward');
  await textOf(demo.page, 'problem', /expected an \.onward file/);
  await textOf(demo.page, 'package-name', /^digits\.onward/);
});

onPictures(
  'a package of pictures brings the camera instead of the pad',
  async ({ demo, bytes }) => {
    const { page } = demo;
    await openPackage(demo, Buffer.from(bytes));
    await textOf(page, 'package-name', /^resnet8\.onward: takes pictures of 32 × 32 pixels/);
    await untilReady(page);
    assert.not(await page.locator('#pad').isVisible());
    await page.getByRole('button', { name: 'It is', exact: false }).first().click();
    await textOf(page, 'stored', /Start the camera first/);
  },
);

onPictures('it says what the camera sees, and speaks when that is steady', async (context) => {
  const { page } = context.demo;
  await page.getByRole('button', { name: 'Start the camera' }).click();
  await textOf(page, 'camera-note', /Hold something up/);
  await textOf(page, 'label', new RegExp(`^${context.mistaken}$`));
  await textOf(page, 'spoken', new RegExp(`^It reads ${context.mistaken}, \\d+\\s% sure`));
  await page.getByRole('button', { name: 'Other camera' }).click();
  await textOf(page, 'camera-note', /Hold something up/);
  await context.demo.screenshot('camera');
  assert.equal(await page.evaluate(await pageProblems()), []);
});

onPictures('held up, named and learned, it is read right', async ({ demo, truth }) => {
  const { page } = demo;
  for (let count = 1; count <= 5; count++) {
    await page.getByRole('button', { name: `It is ${truth}` }).click();
    await textOf(page, 'count', new RegExp(`^${count} example`));
  }
  await page.getByRole('button', { name: 'Learn', exact: true }).click();
  await textOf(page, 'verdict', /^Kept/, lessonLimitMs);
  await textOf(page, 'label', new RegExp(`^${truth}$`));
  await demo.screenshot('camera-learned');
});

onPictures('after a reload it is still that package, and remembers', async ({ demo, truth }) => {
  const { page } = demo;
  await page.reload();
  await untilReady(page);
  await textOf(page, 'history', /Lesson 1 .*in use/);
  await textOf(page, 'count', /^5 examples/);
  await page.getByRole('button', { name: 'Start the camera' }).click();
  await textOf(page, 'label', new RegExp(`^${truth}$`));
  await page.getByRole('button', { name: 'Stop the camera' }).click();
  await textOf(page, 'label', /–/);
  demo.expectNoProblems();
});

onPictures('back to the digits, with what they had learned', async ({ demo: { page } }) => {
  await page.getByRole('button', { name: 'Back to the digits' }).click();
  await textOf(page, 'package-name', /^digits\.onward/);
  await untilReady(page);
  assert.ok(await page.locator('#pad').isVisible());
});

onPictures('no camera, or none allowed: it says so, and what to do', async ({ bytes }) => {
  const files = new Map([['mine.onward', bytes]]);
  await using without = await openDemoPage({ files, query: '?package=mine.onward' });
  await textOf(without.page, 'package-name', /^mine\.onward/);
  await without.page.getByRole('button', { name: 'Start the camera' }).click();
  await textOf(without.page, 'camera-note', /There is no camera here/);
  const browser = await launchChromium(['--use-fake-device-for-media-stream']);
  await using denied = await openDemoPage({ browser, files, query: '?package=mine.onward' });
  await denied.page.getByRole('button', { name: 'Start the camera' }).click();
  await textOf(denied.page, 'camera-note', /not allowed here\. Allow it/);
  await browser.close();
});

onPictures('an address of no package says which', async () => {
  await using demo = await openDemoPage();
  await demo.page.goto(`${demo.address}?package=missing.onward`);
  await textOf(demo.page, 'problem', /missing\.onward: expected a package .* status 404/);
});

test.run();
