// What can be checked of accessibility by machine, in every size and colour scheme. Screenshots for
// the eye lie in demo/out/screenshots.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { openDemoPage, textOf } from '../../support/demo-page.ts';
import { pageProblems } from '../../support/page-problems.ts';

const test = suite('demo/accessible');
const sizes = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 800 } } as const;

for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${size}, ${colorScheme}: fits, has names and contrast`, async () => {
      await using demo = await openDemoPage({ viewport, colorScheme, reducedMotion: 'reduce' });
      const { page } = demo;
      await page.getByRole('button', { name: 'Load a sample digit' }).click();
      await textOf(page, 'spoken', /It reads/);
      await page.getByRole('button', { name: 'Try a new person' }).click();
      await textOf(page, 'verdict', /Press Learn/);
      await demo.screenshot(`${size}-${colorScheme}`);
      assert.equal(await page.evaluate(await pageProblems()), []);
      demo.expectNoProblems();
    });
  }
}

test('by keyboard: drawn with arrow keys, corrected, in the order of the page', async () => {
  await using demo = await openDemoPage();
  const { page } = demo;
  const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || '');
  await page.keyboard.press('Tab');
  assert.is(await focused(), 'pad');
  const outline = await page.locator('#pad').evaluate((pad) => getComputedStyle(pad).outlineStyle);
  assert.is(outline, 'solid');
  await page.keyboard.press('Space');
  for (let step = 0; step < 5; step++) await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Space');
  await textOf(page, 'spoken', /^It reads 1/);
  const order: string[] = [];
  for (let tab = 0; tab < 4; tab++) {
    await page.keyboard.press('Tab');
    order.push(await focused());
  }
  assert.equal(order, ['clear', 'sample', '0', '1']);
  await page.keyboard.press('Enter');
  await textOf(page, 'count', /^1 example/);
  demo.expectNoProblems();
});

test.run();
