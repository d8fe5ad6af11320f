// The page of the benchmark: both networks side by side, and what is measured of them. bench/browser/chromium.ts
// calls what stands in `bench`.
import { inferShapes, sizeOf } from '#runtime';

import { decode } from '../../targets/browser/package-file.ts';
import type { Arm, Images } from './arm.ts';
import { countGpuMemory, holdingsOf } from './gpu-memory.ts';
import { openOnward } from './onward-network.ts';
import { freeTexturesAtOnce, openTfjs } from './tfjs-network.ts';

countGpuMemory();
const response = await fetch('/network.onward');
const content = await decode(new Uint8Array(await response.arrayBuffer()));
const { graph } = content.model;
const imageSize = sizeOf(graph.inputShape);
const classes = inferShapes(graph).at(-1)![2];
const arms = { onward: await openOnward(content), tfjs: await openTfjs(graph) };
let steps = 0;

function images(batch: number): Images {
  const length = batch * imageSize;
  const pixels = Uint8Array.from({ length }, (_, i) => (i * 193 + (i >> 5)) % 256);
  const targets = new Float32Array(batch * classes);
  for (let n = 0; n < batch; n++) targets[n * classes + (n % classes)] = 1;
  return { pixels, targets, batch };
}

/** Most bytes held in a step, at its second time. */
async function peakOf(arm: Arm, batch: number): Promise<number> {
  const held = holdingsOf(arm.gl);
  await arm.learn(images(batch), steps++);
  held.peakBytes = held.bytes;
  await arm.learn(images(batch), steps++);
  return held.peakBytes;
}

type Work = (images: Images) => unknown;

/** Waits until the GPU has done all that was asked of it, by either: a read of one pixel has to wait for it. */
function finish(): void {
  for (const { gl } of Object.values(arms)) {
    const bound = gl.getParameter(gl.FRAMEBUFFER_BINDING) as WebGLFramebuffer | null;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    gl.bindFramebuffer(gl.FRAMEBUFFER, bound);
  }
}

/** Milliseconds of each way in turn, round after round, after one to warm up. */
async function inTurn(ways: readonly Work[], batch: number, rounds: number): Promise<number[][]> {
  const times = ways.map((): number[] => []);
  const own = images(batch);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, way] of ways.entries()) {
      const started = performance.now();
      await way(own);
      finish();
      if (round > 0) times[index]?.push(performance.now() - started);
    }
  }
  return times;
}

const bench = {
  /** Most bytes in a step: ours, tfjs set to free textures at once, tfjs as it is. */
  async peaks(batch: number) {
    const onward = await peakOf(arms.onward, batch);
    freeTexturesAtOnce(true);
    const tfjsFreeing = await peakOf(arms.tfjs, batch);
    freeTexturesAtOnce(false);
    return { onward, tfjsFreeing, tfjs: await peakOf(arms.tfjs, batch) };
  },
  /** What ours holds after `early` steps and after `late`. */
  async growth(batch: number, early: number, late: number) {
    const own = images(batch);
    const seen = [];
    for (let step = 1; step <= late; step++) {
      await arms.onward.learn(own, steps++);
      if (step === early || step === late) seen.push({ ...holdingsOf(arms.onward.gl) });
    }
    return seen;
  },
  /** Of ours and of tfjs, in milliseconds. */
  learnTimes: (batch: number, rounds: number) =>
    inTurn(
      [(own) => arms.onward.learn(own, steps++), (own) => arms.tfjs.learn(own, steps++)],
      batch,
      rounds,
    ),
  /** Of ours, of tfjs, and of tfjs with the page's thread waiting. */
  predictTimes: (batch: number, rounds: number) =>
    inTurn(
      [
        (own) => arms.onward.predict(own),
        (own) => arms.tfjs.predict(own),
        (own) => arms.tfjs.predictBlocking(own),
      ],
      batch,
      rounds,
    ),
  /** `times` calls of ours, each between two marks in the trace. */
  async traced(what: 'learn' | 'predict', batch: number, times: number) {
    const own = images(batch);
    await arms.onward[what](own, steps++);
    for (let time = 0; time < times; time++) {
      performance.mark('call begins');
      await arms.onward[what](own, steps++);
      performance.mark('call ends');
    }
  },
};

export type Bench = typeof bench;
declare global {
  var bench: Bench;
}
globalThis.bench = bench;
