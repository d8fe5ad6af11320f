// The browser of the browser tests: Debian's Chromium, or what CHROMIUM names. WebGL is
// SwiftShader's, so no GPU is needed, and what it computes is the same on every machine.
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env['CHROMIUM'] ?? candidates.find((path) => existsSync(path));

/** Why there is no Chromium here; null where there is one. */
export const chromiumMissing: string | null =
  executablePath === undefined
    ? `no Chromium at ${candidates.join(', ')} and none in CHROMIUM`
    : null;

export function launchChromium(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(chromiumMissing ?? '');
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--use-gl=angle',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--no-sandbox',
      '--disable-gpu-watchdog',
    ],
  });
}
