// The demo page as a person has it before them: built once, served under its own headers, opened in
// Chromium. What the browser complains about, and every request that leaves the page's origin, is a
// problem; tests end with `expectNoProblems`.
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
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

export interface DemoPageOptions extends BrowserContextOptions {
  /** Default: the one of the run. */
  readonly browser?: Browser;
  /** Served beside the page's own files. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** What follows the page's address. */
  readonly query?: string;
  /** Sees the page before it loads. */
  readonly prepare?: (page: Page) => Promise<unknown>;
}

/** Opens the page and waits until it reads. */
export async function openDemoPage({
  browser,
  files = new Map(),
  query = '',
  prepare,
  ...options
}: DemoPageOptions = {}): Promise<DemoPage> {
  built ??= buildPage();
  const { server, address } = await servePage(new Map([...(await built), ...files]), 0);
  const context = await (browser ?? (await sharedChromium())).newContext(options);
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
  await page.goto(address + query);
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

/** Once the page works offline: its server is gone, and it reads again. */
export async function reloadWithoutServer({ page, server }: DemoPage): Promise<void> {
  await textOf(page, 'offline', /works offline/);
  server.closeAllConnections();
  server.close();
  await page.reload();
  await untilReady(page);
}

type Place = readonly [x: number, y: number];

/** Draws a line through these places with the mouse; the pad reaches from 0 to 1. */
export async function draw(page: Page, [start, ...others]: readonly Place[]): Promise<void> {
  await page.locator('#pad').scrollIntoViewIfNeeded();
  const box = await page.locator('#pad').boundingBox();
  assert.ok(box && start);
  const onPage = ([x, y]: Place): Place => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...onPage(start));
  await page.mouse.down();
  for (const place of others) await page.mouse.move(...onPage(place), { steps: 6 });
  await page.mouse.up();
}

export function drawSeven(page: Page): Promise<void> {
  return draw(page, [
    [0.3, 0.25],
    [0.7, 0.25],
    [0.45, 0.8],
  ]);
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
