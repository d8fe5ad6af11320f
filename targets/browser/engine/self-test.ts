// Whether this GPU computes what the reference kernels compute, asked once per context by a small
// model that predicts and learns on both.
//
// On SwiftShader, and wherever float32 additions and multiplications round half to even, nothing
// differs. A GPU that rounds otherwise turns some roundings to a neighbouring integer: activations by
// 1 of 255 and weights by 1 of 127 in the share of numbers that the test reports; it still learns, but
// a lesson no longer replays bit for bit on another machine. A driver's error makes most numbers
// differ, and that is what the bound is for.
import { copyParameters, EngineError, openKernelEngine } from '#runtime';
import type { Engine, EngineInput, StepRates } from '#runtime';

import { selfTestModel } from './self-test-model.ts';
import { WebglEngine } from './webgl-engine.ts';

export interface SelfTest {
  /** Numbers that differ, and numbers compared: activations, logits, weights and biases. */
  readonly mismatches: number;
  readonly total: number;
}

/** Above this share of differing numbers a GPU is refused. */
export const largestMismatch = 0.01;

const reports = new WeakMap<WebGL2RenderingContext, Promise<SelfTest>>();

/** Throws EngineError where too much differs, naming the GPU's renderer. */
export async function requireAgreement(
  gl: WebGL2RenderingContext,
  bound: number,
): Promise<SelfTest> {
  const running = reports.get(gl) ?? runSelfTest(gl);
  reports.set(gl, running);
  const report = await running;
  if (report.mismatches <= bound * report.total) return report;
  const percent = ((100 * report.mismatches) / report.total).toFixed(2);
  const renderer = String(gl.getParameter(gl.RENDERER));
  throw new EngineError(
    `webgl: expected at most ${100 * bound} % of numbers to differ from the reference kernels, got ${percent} % on ${renderer}`,
  );
}

async function runSelfTest(gl: WebGL2RenderingContext): Promise<SelfTest> {
  const expected = await script((input) => openKernelEngine(input));
  const actual = await script(async (input) => new WebglEngine(gl, input));
  let mismatches = 0;
  expected.forEach((value, index) => {
    if (!Object.is(value, actual[index])) mismatches++;
  });
  return { mismatches, total: expected.length };
}

/** Every number that an engine gives out and learns in two steps. */
async function script(open: (input: EngineInput) => Promise<Engine>): Promise<number[]> {
  const content = selfTestModel();
  const parameters = copyParameters(content.model.layers);
  const engine = await open({ ...content, stateFeedback: [], parameters, programs: new Map() });
  // Not `await using`, which compiles to a kilobyte of its own.
  try {
    return await numbersOf(engine, content, parameters);
  } finally {
    await engine[Symbol.asyncDispose]();
  }
}

async function numbersOf(
  engine: Engine,
  { samples, targets, batch }: ReturnType<typeof selfTestModel>,
  parameters: EngineInput['parameters'],
): Promise<number[]> {
  const seen: number[] = [];
  for (let step = 0; step < 2; step++) {
    const rates: StepRates = { rate: 0.05, clip: 0.05, ratio: 1, step, seed: 1 };
    const input = engine.upload(samples, batch);
    const middle = await engine.forward(0, 1, input);
    seen.push(...(await engine.download(middle)));
    const result = await engine.learnTail(1, middle, targets, rates);
    seen.push(...result.logits);
    if (result.inputGradient !== null) {
      const gradient = await engine.learnByReplay(0, input, result.inputGradient, rates);
      gradient.dispose();
    }
    for (const owned of [input, middle, result.error, result.inputGradient]) owned?.dispose();
  }
  seen.push(...(await engine.predict(samples.subarray(0, samples.length / batch), 1)));
  await engine.pull();
  for (const { weights, bias } of parameters.values()) seen.push(...weights, ...bias);
  return seen;
}
