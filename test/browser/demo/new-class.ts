// A symbol that the model never knew: named, drawn a few times, taught, and taken back.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  draw,
  drawSeven,
  openDemoPage,
  reloadWithoutServer,
  textOf,
} from '../../support/demo-page.ts';
import type { DemoPage } from '../../support/demo-page.ts';

const test = suite<{ demo: DemoPage }>('demo/new-class');
const lessonLimitMs = 200_000;

test.before(async (context) => {
  context.demo = await openDemoPage({ viewport: { width: 360, height: 740 } });
});

test.after(async ({ demo }) => {
  await demo[Symbol.asyncDispose]();
});

/** Draws a W, each time a little differently. */
function drawW({ page }: DemoPage, variant: number): Promise<void> {
  const [shift, lean] = [0.03 * (variant % 3), 0.04 * (variant % 2)];
  return draw(page, [
    [0.15 + shift, 0.25 + lean],
    [0.3 + shift, 0.8],
    [0.47 + lean, 0.4 + shift],
    [0.64 + lean, 0.8 - shift],
    [0.8, 0.25 + shift],
  ]);
}

test('it asks for a name, and for drawings', async ({ demo: { page } }) => {
  await page.getByText('Teach something new').click();
  await page.getByRole('button', { name: 'Take this one' }).click();
  await textOf(page, 'class-note', /Give it a name first/);
  await page.getByLabel('Its name').fill('7');
  await textOf(page, 'class-note', /It knows 7 already/);
  await page.getByLabel('Its name').fill('W');
  await page.getByRole('button', { name: 'Take this one' }).click();
  await textOf(page, 'class-note', /nothing to take/);
  assert.ok(await page.locator('#class-add').isDisabled());
});

test('five drawings teach it a W, and it still reads digits', async ({ demo }) => {
  const { page } = demo;
  for (let variant = 0; variant < 5; variant++) {
    await drawW(demo, variant);
    await page.locator('#class-take').click();
    await textOf(page, 'class-take', new RegExp(`${variant + 1} so far`));
  }
  await demo.screenshot('new-class');
  await page.getByRole('button', { name: 'Teach it' }).click();
  await textOf(page, 'verdict', /^Kept\. It knows W now/, lessonLimitMs);
  assert.is(await page.locator('#bars li').count(), 11);
  await drawW(demo, 5);
  await textOf(page, 'spoken', /^It reads W/);
  await page.getByRole('button', { name: 'Clear' }).click();
  await drawSeven(page);
  await textOf(page, 'spoken', /^It reads 7/);
});

test('after a reload without its server it knows the W', async ({ demo }) => {
  await reloadWithoutServer(demo);
  await drawW(demo, 6);
  await textOf(demo.page, 'spoken', /^It reads W/);
});

test('a W can be given as the right answer, and is listed with its drawings', async ({ demo }) => {
  const { page } = demo;
  await page.getByRole('button', { name: 'It is W' }).click();
  await textOf(page, 'counts', /W × 6/);
});

test('removed it is read no more, and undo brings it back', async ({ demo }) => {
  const { page } = demo;
  await page.getByText('Teach something new').click();
  await page.getByRole('button', { name: 'Remove W' }).click();
  await textOf(page, 'history', /class W removed, in use/);
  assert.is(await page.locator('#bars li').count(), 10);
  await page.getByRole('button', { name: 'Undo the last lesson' }).click();
  await page.getByRole('button', { name: 'Remove W' }).waitFor();
  await drawW(demo, 7);
  await textOf(page, 'spoken', /^It reads W/);
  await demo.screenshot('new-class-learned');
  demo.expectNoProblems();
});

test.run();
