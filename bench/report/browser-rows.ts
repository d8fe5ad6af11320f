import { chromiumMissing } from '../../test/support/chromium.ts';
import type { Stretch } from '../browser/chromium.ts';
import { compareInBrowser } from '../browser/compare.ts';
import type { Extent, Peaks } from '../browser/compare.ts';
import { median } from '../personalize.ts';
import { missingRow } from './row.ts';
import type { Row } from './row.ts';

const network = 'ten convolutions';
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;

/** The WebGL engine against tfjs 4.22 in one page of Chromium, on its software rasteriser. */
export async function browserRows(
  extent: Extent,
  onProgress: (message: string) => void,
): Promise<Row[]> {
  if (chromiumMissing !== null) {
    return [missingRow('the WebGL engine against tfjs in one page', 'Chromium')];
  }
  const { chromium, peaks, digits, growth, learn, predict, stretches } = await compareInBrowser(
    extent,
    onProgress,
  );
  const { steps } = extent;
  const [early, late] = growth;
  const isFlat =
    late !== undefined && early?.bytes === late.bytes && early.textures === late.textures;
  return [
    peakRow(`${network}, batch 16, Chromium ${chromium}`, peaks),
    ...digits.map((own) => peakRow(`demo/digits.onnx, batch ${own.batch}`, own)),
    {
      claim: `GPU memory held after ${steps / 10} learning steps, and after ${steps}, batch 4`,
      measured: `${held(early)}; ${held(late)}`,
      promised: 'the same',
      holds: isFlat,
    },
    {
      claim: `time of a learning step over tfjs backprop, ${network}, batch 16`,
      measured: learn.toFixed(2),
      promised: 'at most 0.5',
      holds: learn <= 0.5,
    },
    ...predict.map(({ batch, ratio, blockingRatio }) => ({
      claim: `time of a prediction over tfjs float, ${network}, batch ${batch}`,
      measured: `${ratio.toFixed(2)} (${blockingRatio.toFixed(2)} where tfjs makes the page wait)`,
      promised: 'at most 1',
      holds: Math.max(ratio, blockingRatio) <= 1,
    })),
    ...(['learn', 'predict'] as const).map((what) => stretchRow(what, stretches[what])),
  ];
}

function peakRow(what: string, { onward, tfjsFreeing, tfjs }: Peaks): Row {
  const share = tfjsFreeing / onward;
  return {
    claim: `GPU memory at the peak of a learning step, ${what}`,
    measured: `onward ${mebibytes(onward)}, tfjs ${mebibytes(tfjsFreeing)} freeing at once: 1/${share.toFixed(1)} (${mebibytes(tfjs)} as it is by default)`,
    promised: 'at most 1/10',
    holds: share >= 10,
  };
}

function held(after?: { readonly textures: number; readonly bytes: number }): string {
  return `${after?.textures} textures, ${after?.bytes.toLocaleString('en')} bytes`;
}

/** Other processes delay the GPU's answers at random, so that the median is judged, and the worst is told. */
function stretchRow(what: string, stretches: readonly Stretch[]): Row {
  const busy = stretches.map(({ busyMs }) => busyMs);
  const wall = stretches.map(({ wallMs }) => wallMs);
  return {
    claim: `longest stretch of the page's thread in a call of ${what}, batch 16, no worker, median of ${busy.length}`,
    measured: `${show(busy)}, of work and waits for the GPU (${show(wall)}, with other processes)`,
    promised: 'at most 2 ms',
    holds: median(busy) <= 2,
  };
}

function show(times: readonly number[]): string {
  return `${median(times).toFixed(1)} ms, at worst ${Math.max(...times).toFixed(1)}`;
}
