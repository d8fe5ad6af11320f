// Opens the page of the benchmark in Chromium, and reads from its traces how long its thread was busy.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Page } from 'playwright-core';

import { bundlePage } from '../../test/support/bundle-page.ts';
import { launchChromium } from '../../test/support/chromium.ts';

/** Of the page's thread: its own work and its waits for the GPU, and what passed with other processes included. */
export interface Stretch {
  readonly busyMs: number;
  readonly wallMs: number;
}

export interface BenchPage extends AsyncDisposable {
  readonly page: Page;
  readonly version: string;
  /** The longest stretch that the page's thread was held, between each two marks that `work` sets. */
  stretchesDuring(work: () => Promise<unknown>): Promise<Stretch[]>;
}

const html =
  '<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">';

/** Serves the page with the package at /network.onward, and opens it. */
export async function openBenchPage(packageBytes: Uint8Array): Promise<BenchPage> {
  const script = await bundlePage(new URL('page.ts', import.meta.url), {
    // Without this, files imported for effect only are dropped, and tfjs registers kernels so.
    ignoreAnnotations: true,
    outdir: 'dist',
  });
  const server = createServer(({ url }, response) => {
    if (url === '/network.onward') response.end(packageBytes);
    else if (url === '/page.js')
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    else response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchChromium();
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  const failed = new Promise<never>((_, reject) => page.once('pageerror', reject));
  failed.catch(() => undefined); // after opening, errors end the call that they happen in
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.addScriptTag({ url: '/page.js', type: 'module' });
  await Promise.race([page.waitForFunction(() => 'bench' in globalThis), failed]);
  return {
    page,
    version: browser.version(),
    async stretchesDuring(work) {
      await browser.startTracing(page, {
        categories: [
          'toplevel',
          'disabled-by-default-devtools.timeline',
          'blink.user_timing',
          'gpu',
        ],
      });
      await work();
      return stretchesBetweenMarks(await browser.stopTracing());
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A row of a trace; times in microseconds, `tdur` of the thread's own work. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
}

/** Chromium's name for a thread that waits for the GPU's process. */
const waiting = 'ImplementationBase::WaitForCmd';

/** The longest stretch between each two marks, on the thread that set them. */
function stretchesBetweenMarks(trace: Buffer): Stretch[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const begins = traceEvents.filter(({ name }) => name === 'call begins');
  const ends = traceEvents.filter(({ name }) => name === 'call ends');
  return begins.map(({ pid, tid, ts: begin }, index) => {
    const end = ends[index]?.ts ?? Infinity;
    const own = traceEvents.filter((event) => event.pid === pid && event.tid === tid);
    const tasks = own.filter(({ name, ts }) => name === 'RunTask' && ts >= begin && ts < end);
    const stretches = tasks.map(({ ts, dur = 0, tdur = 0 }) => {
      const waits = own.filter(
        (event) => event.name === waiting && event.ts >= ts && event.ts < ts + dur,
      );
      const waited = waits.reduce((sum, wait) => sum + (wait.dur ?? 0) - (wait.tdur ?? 0), 0);
      return { busyMs: (tdur + waited) / 1000, wallMs: dur / 1000 };
    });
    return {
      busyMs: Math.max(...stretches.map(({ busyMs }) => busyMs)),
      wallMs: Math.max(...stretches.map(({ wallMs }) => wallMs)),
    };
  });
}
