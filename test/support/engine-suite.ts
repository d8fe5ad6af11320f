// What every engine must pass: on small models that use everything (engine-cases.ts), each number
// it gives out and each weight it learns equals the reference kernels', bit for bit.
import { suite } from 'uvu';

import { copyParameters, openKernelEngine } from '#runtime';
import type { Engine, EngineInput } from '#runtime';

import { assertSame } from './assert-same.ts';
import { engineCases } from './engine-cases.ts';
import type { EngineCase } from './engine-cases.ts';
import {
  learnInSteps,
  learnOnce,
  predictAndForward,
  predictInSteps,
  pushWeights,
  uploadLeaves,
} from './engine-scripts.ts';
import type { Script } from './engine-scripts.ts';
import { sequenceCases } from './sequence-cases.ts';

type OpenEngine = (input: EngineInput) => Promise<Engine>;

interface SuiteOptions {
  /** False for engines that refuse models with recurrent layers or embeddings. */
  readonly sequences: boolean;
}

/**
 * Registers and runs the suite `name`. `open` gets an input without programs: an engine that needs
 * them makes them first. It owns the arrays in `parameters`; they are read after `pull` only.
 */
export function engineSuite(name: string, open: OpenEngine, { sequences }: SuiteOptions): void {
  const test = suite(name);
  const cases = [...engineCases(), ...(sequences ? sequenceCases() : [])];
  for (const each of cases) {
    test(`${each.name}: predicts and forwards as the kernels do`, () =>
      compare(predictAndForward, each, open));
    test(`${each.name}: each learning call does as the kernels' does`, () =>
      compare(learnOnce, each, open));
    test(`${each.name}: twenty steps end at the kernels' weights`, () =>
      compare(learnInSteps, each, open));
    if (!each.isStepwise) continue;
    test(`${each.name}: predicts one step at a time as the kernels do`, () =>
      compare(predictInSteps, each, open));
  }
  test('what was pushed is what predicts', () => compare(pushWeights, cases[0]!, open));
  test('samples that were uploaded stay the caller’s', () =>
    compare(uploadLeaves, cases[0]!, open));
  test.run();
}

/** Runs a script on both engines side by side and stops at the first number that differs. */
async function compare(script: Script, own: EngineCase, open: OpenEngine): Promise<void> {
  const expected = run(script, own, openKernelEngine);
  const actual = run(script, own, open);
  try {
    for await (const { what, values } of expected) {
      const { value } = await actual.next();
      assertSame(value ? value.values : [], values, what);
    }
  } finally {
    await actual.return(undefined);
  }
}

async function* run(
  script: Script,
  { input, sequences }: EngineCase,
  open: OpenEngine,
): ReturnType<Script> {
  const parameters = copyParameters(input.model.layers);
  await using engine = await open({ ...input, parameters, programs: new Map() });
  yield* script({ engine, parameters, input, sequences });
}
