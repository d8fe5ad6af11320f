// The WebGL engine against tfjs on one network in one page: memory on the GPU, time, and how long the
// page's thread is held.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { assemble, encodePackage, exportPackage } from '#exporters';

import { networks } from '../networks.ts';
import { median } from '../personalize.ts';
import { calibrationSet } from '../tasks/digit-users.ts';
import { openBenchPage } from './chromium.ts';
import type { Stretch } from './chromium.ts';

/** Most bytes in a step. */
export interface Peaks {
  readonly onward: number;
  /** Set to free textures at once. */
  readonly tfjsFreeing: number;
  readonly tfjs: number;
}

export interface Comparison {
  readonly chromium: string;
  /** Of the ten convolutions, batch 16. */
  readonly peaks: Peaks;
  /** Of demo/digits.onnx. */
  readonly digits: readonly (Peaks & { readonly batch: number })[];
  /** What ours holds after a tenth of the steps and after all. */
  readonly growth: readonly { readonly textures: number; readonly bytes: number }[];
  /** Medians of ours over those of tfjs. */
  readonly learn: number;
  readonly predict: readonly {
    readonly batch: number;
    readonly ratio: number;
    /** Where tfjs makes the page's thread wait. */
    readonly blockingRatio: number;
  }[];
  /** The longest of each of several calls of batch 16 on the page's own thread. */
  readonly stretches: { readonly learn: readonly Stretch[]; readonly predict: readonly Stretch[] };
}

/** How often each is measured. */
export interface Extent {
  /** Batch sizes of demo/digits.onnx. */
  readonly digitBatches: readonly number[];
  readonly learnRounds: number;
  readonly predictRounds: number;
  /** Calls whose longest stretch of the page's thread is looked for. */
  readonly tracedCalls: number;
  /** Steps after which memory is compared with that after a tenth of them. */
  readonly steps: number;
}

/** Needs Chromium. */
export async function compareInBrowser(
  { digitBatches, learnRounds, predictRounds, tracedCalls, steps }: Extent,
  onProgress: (message: string) => void,
): Promise<Comparison> {
  const digits = [];
  const digitsBytes = await digitsPackage();
  for (const batch of digitBatches) {
    onProgress(`GPU memory, demo/digits.onnx, batch ${batch}`);
    // A page of its own, since tfjs keeps textures of another batch.
    await using own = await openBenchPage(digitsBytes);
    digits.push({ batch, ...(await own.page.evaluate((n) => bench.peaks(n), batch)) });
  }
  await using opened = await openBenchPage(await convolutionsPackage());
  const { page, version } = opened;
  const peaks = await page.evaluate(() => bench.peaks(16));
  onProgress('the page’s thread');
  const longest = (what: 'learn' | 'predict'): Promise<Stretch[]> =>
    opened.stretchesDuring(() =>
      page.evaluate(([name, calls]) => bench.traced(name, 16, calls), [what, tracedCalls] as const),
    );
  const stretches = { learn: await longest('learn'), predict: await longest('predict') };
  onProgress('time of learning');
  const [own = [], rival = []] = await page.evaluate((n) => bench.learnTimes(16, n), learnRounds);
  const predict = [];
  for (const batch of [1, 16]) {
    onProgress(`time of predicting, batch ${batch}`);
    const [ours = [], theirs = [], blocking = []] = await page.evaluate(
      ([size, n]) => bench.predictTimes(size, n),
      [batch, predictRounds] as const,
    );
    const ratio = median(ours) / median(theirs);
    predict.push({ batch, ratio, blockingRatio: median(ours) / median(blocking) });
  }
  onProgress(`${steps} steps`);
  const growth = await page.evaluate(([early, late]) => bench.growth(4, early, late), [
    steps / 10,
    steps,
  ] as const);
  return {
    chromium: version,
    peaks,
    digits,
    growth,
    learn: median(own) / median(rival),
    predict,
    stretches,
  };
}

/** The ten convolutions with the plan that a package has by default; feedback is random. */
function convolutionsPackage(): Promise<Uint8Array> {
  const { alignment, ...content } = assemble(networks['ten convolutions'](), {
    feedback: { kind: 'random' },
  });
  const provenance = {
    source: 'bench/networks.ts',
    sourceSha256: '0'.repeat(64),
    exporter: 'bench',
    calibrationSamples: 2,
    floatAccuracy: null,
    int8Accuracy: null,
    alignment,
  };
  return encodePackage({ ...content, provenance }, sha256);
}

/** The demo's model with the plan that it has by default. */
async function digitsPackage(): Promise<Uint8Array> {
  const onnx = readFileSync(new URL('../../demo/digits.onnx', import.meta.url));
  const { bytes } = await exportPackage(new Uint8Array(onnx), {
    calibration: calibrationSet({ samples: 64 }),
    labels: Array.from({ length: 10 }, (_, digit) => String(digit)),
    source: 'digits.onnx',
    sha256,
  });
  return bytes;
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
