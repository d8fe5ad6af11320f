// The same package, seed and steps in a browser and on a Raspberry Pi's engine: the same logits at each
// step and the same weights at the end, bit for bit.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { encodePackage } from '#exporters';
import { copyParameters } from '#runtime';
import type { PackageContent } from '#runtime';

import { openOnnxRuntimeEngine } from '../../../targets/raspberry-pi/engine/onnx-runtime-engine.ts';
import { engineInput } from '../../../targets/raspberry-pi/teach.ts';
import { assertSame } from '../../support/assert-same.ts';
import { bundlePage } from '../../support/bundle-page.ts';
import { launchChromium } from '../../support/chromium.ts';
import type { Learned } from '../../support/in-page/learn-package.ts';
import { realContent, realModels } from '../../support/real-content.ts';
import { learnSeededSteps } from '../../support/seeded-steps.ts';
import { sharedData } from '../../support/shared-data.ts';
import { skipBecause } from '../../support/skip.ts';

const test = suite('targets/browser and targets/raspberry-pi');
const steps = 20;
const provenance = {
  source: '',
  sourceSha256: '0'.repeat(64),
  exporter: 'tests',
  calibrationSamples: 4,
  floatAccuracy: null,
  int8Accuracy: null,
} as const;

for (const name of realModels) {
  const file = sharedData(`${name}.onnx`);
  const onModel = file === null ? skipBecause(test, `${name}.onnx is not here`) : test;

  onModel(`${name}: ${steps} steps end at the same weights`, async () => {
    const { alignment, ...assembled } = realContent(new Uint8Array(readFileSync(file!)));
    const content = { ...assembled, provenance: { ...provenance, alignment } };
    const parameters = copyParameters(content.model.layers);
    await using engine = await openOnnxRuntimeEngine(engineInput(content, parameters));
    const logits = await learnSeededSteps(engine, content, steps);

    const learned = await learnInChromium(content);
    for (const [step, expected] of logits.entries()) {
      assertSame(learned.logits[step]!, expected, `logits of step ${step}`);
    }
    let moved = 0;
    for (const [index, [node, { weights, bias }]] of [...parameters].entries()) {
      const own = learned.layers[index]!;
      assertSame(own.weights, weights, `weights of node ${node}`);
      assertSame(own.bias, bias, `bias of node ${node}`);
      const exported = content.model.layers.get(node)!.weights;
      moved += weights.filter((weight, i) => weight !== exported[i]).length;
    }
    assert.ok(moved > 1000, `${moved} weights moved`);
  });
}

async function learnInChromium(content: PackageContent): Promise<Learned> {
  const packageBytes = await encodePackage(
    content,
    async (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  );
  const entry = new URL('../../support/in-page/learn-package.ts', import.meta.url);
  const script = await bundlePage(entry);
  const server = createServer(({ url }, response) => {
    if (url === '/package.onward') response.end(packageBytes);
    else response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.addScriptTag({ content: Buffer.from(script).toString(), type: 'module' });
    await page.waitForFunction(() => 'learnPackage' in globalThis);
    return await page.evaluate((count) => globalThis.learnPackage('/package.onward', count), steps);
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

test.run();
