// The demo page as a person has it before them: built once, served under its own headers, opened in
// Chromium. What the browser complains about, and every request that leaves the page's origin, is a
// problem; tests end with `expectNoProblems`.
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { BrowserContextOptions, Page } from 'playwright-core';
import * as assert from 'uvu/assert';

import { buildPage } from '../../targets/browser/demo/build/build-page.ts';
import { servePage } from '../../targets/browser/demo/build/serve-page.ts';
import { sharedChromium } from './chromium.ts';

const screenshots = fileURLToPath(new URL('../../demo/out/screenshots/', import.meta.url));
let built: ReturnType<typeof buildPage> | null = null;

export interface DemoPage extends AsyncDisposable {
  readonly page: Page;
  readonly server: Server;
  readonly address: string;
  expectNoProblems(): void;
  screenshot(name: string): Promise<void>;
}

/** Opens the page and waits until it reads; `prepare` sees it before it loads. */
export async function openDemoPage(
  options: BrowserContextOptions = {},
  prepare?: (page: Page) => Promise<unknown>,
): Promise<DemoPage> {
  built ??= buildPage();
  const { server, address } = await servePage(await built, 0);
  const context = await (await sharedChromium()).newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith(`blob:${address}`)) problems.push(url);
  });
  await prepare?.(page);
  await page.goto(address);
  await untilReady(page);
  return {
    page,
    server,
    address,
    expectNoProblems: () => assert.equal(problems, []),
    async screenshot(name) {
      mkdirSync(screenshots, { recursive: true });
      await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
    },
    async [Symbol.asyncDispose]() {
      await context.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

export async function untilReady(page: Page): Promise<void> {
  await page.locator('body.ready').waitFor({ timeout: 120_000 });
}

/** Draws a 7 with the mouse. */
export async function drawSeven(page: Page): Promise<void> {
  const box = await page.locator('#pad').boundingBox();
  assert.ok(box);
  const place = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...place(0.3, 0.25));
  await page.mouse.down();
  await page.mouse.move(...place(0.7, 0.25), { steps: 6 });
  await page.mouse.move(...place(0.45, 0.8), { steps: 6 });
  await page.mouse.up();
}

/** The text of an element once it matches. */
export async function textOf(
  page: Page,
  id: string,
  pattern: RegExp,
  timeout = 60_000,
): Promise<string> {
  const found = page.locator(`#${id}`).filter({ hasText: pattern });
  await found.waitFor({ state: 'attached', timeout });
  return (await found.textContent()) ?? '';
}
