// The browser of the browser tests: Debian's Chromium, or what CHROMIUM names. WebGL is
// SwiftShader's, so no GPU is needed, and what it computes is the same on every machine.
import { existsSync } from 'node:fs';

import type { Browser } from 'playwright-core';

const named = process.env['CHROMIUM'];
const candidates =
  named === undefined
    ? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
    : [named];
const executablePath = candidates.find((path) => existsSync(path));

/** Why there is no Chromium here, and the cure; null where there is one. */
export const chromiumMissing: string | null =
  executablePath === undefined
    ? `no Chromium at ${candidates.join(', ')}; install it, or name it in CHROMIUM`
    : null;

let shared: Promise<Browser> | null = null;

/** The one browser of a run, launched at its first use; a context of it shares nothing with others. */
export function sharedChromium(): Promise<Browser> {
  shared ??= launchChromium();
  return shared;
}

/** Closes the browser of the run where one was launched. */
export async function closeSharedChromium(): Promise<void> {
  const browser = await shared;
  shared = null;
  await browser?.close();
}

/** A browser of its own, for `more` arguments. */
export async function launchChromium(more: readonly string[] = []): Promise<Browser> {
  if (executablePath === undefined) throw new Error(chromiumMissing ?? '');
  const { chromium } = await import('playwright-core'); // seconds, for nothing where no test needs it
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--use-gl=angle',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--no-sandbox',
      '--disable-gpu-watchdog',
      ...more,
    ],
  });
}
