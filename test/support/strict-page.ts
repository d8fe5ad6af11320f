// A page as a stranger writes it: a few files on a server of its own, under a Content-Security-Policy
// that forbids inline code and eval. What the browser complains about is a problem of the page.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';

import type { Page } from 'playwright-core';

import { sharedChromium } from './chromium.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** The strictest that docs/browser.md promises to work with. */
const strictPolicy =
  "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self'";

export type PageFiles = Readonly<Record<string, string | Uint8Array>>;

export interface FileServer extends AsyncDisposable {
  /** Ends with a slash. */
  readonly origin: string;
}

export async function serveFiles(files: PageFiles, policy = strictPolicy): Promise<FileServer> {
  const server: Server = createServer(({ url = '/' }, response) => {
    const name = url === '/' ? 'index.html' : url.slice(1);
    const body = files[name];
    const headers = {
      'content-security-policy': policy,
      'content-type': types[extname(name)] ?? 'application/octet-stream',
    };
    if (name === 'favicon.ico') response.writeHead(204).end();
    else if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface StrictPage extends AsyncDisposable {
  readonly page: Page;
  /** URLs of the workers so far. */
  readonly workers: readonly string[];
  readonly problems: readonly string[];
}

export async function openStrictPage(url: string): Promise<StrictPage> {
  const context = await (await sharedChromium()).newContext();
  const page = await context.newPage();
  const problems: string[] = [];
  const workers: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('worker', (worker) => workers.push(worker.url()));
  await page.goto(url);
  return {
    page,
    workers,
    problems,
    [Symbol.asyncDispose]: () => context.close(),
  };
}
