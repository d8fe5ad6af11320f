import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { drawSeven, openDemoPage, reloadWithoutServer, textOf } from '../../support/demo-page.ts';

const test = suite('demo/offline');

// As text: what tsx makes of a function does not run in a page.
const withoutWebgl = {
  content: `for (const { prototype } of [HTMLCanvasElement, OffscreenCanvas]) {
    const { getContext } = prototype;
    prototype.getContext = function (kind, ...rest) {
      return kind.startsWith('webgl') ? null : getContext.call(this, kind, ...rest);
    };
  }`,
};

test('after one visit the page reloads and reads with its server gone', async () => {
  await using demo = await openDemoPage();
  await reloadWithoutServer(demo);
  await drawSeven(demo.page);
  await textOf(demo.page, 'spoken', /^It reads 7/);
  demo.expectNoProblems();
});

test('the manifest makes it installable', async () => {
  await using demo = await openDemoPage();
  const manifest = await demo.page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]')!;
    return (await (await fetch(link.href)).json()) as {
      name: string;
      start_url: string;
      display: string;
      icons: { src: string; sizes: string }[];
    };
  });
  assert.is(manifest.display, 'standalone');
  assert.ok(manifest.name && manifest.start_url);
  for (const { src, sizes } of manifest.icons) {
    const width = await demo.page.evaluate(async (url) => {
      const { width: found, height } = await createImageBitmap(await (await fetch(url)).blob());
      return `${found}x${height}`;
    }, src);
    assert.is(width, sizes);
  }
});

test('without WebGL2 the reference kernels read, and the reason is shown', async () => {
  await using demo = await openDemoPage({ prepare: (page) => page.addInitScript(withoutWebgl) });
  await textOf(demo.page, 'engine', /processor, with the reference kernels\. Reason: webgl/);
  await drawSeven(demo.page);
  await textOf(demo.page, 'spoken', /^It reads 7/);
});

test.run();
