// What every engine must pass: on small models that use everything (engine-cases.ts), each number
// it gives out and each weight it learns equals the reference kernels', bit for bit.
import { suite } from 'uvu';

import { openKernelEngine } from '#runtime';
import type { Engine, EngineInput, LayerParameters } from '#runtime';

import { assertSame } from './assert-same.ts';
import { engineCases } from './engine-cases.ts';
import type { CaseInput } from './engine-cases.ts';
import {
  learnInSteps,
  learnOnce,
  predictAndForward,
  pushWeights,
  uploadCopies,
} from './engine-scripts.ts';
import type { Script } from './engine-scripts.ts';

type OpenEngine = (input: EngineInput) => Promise<Engine>;

/**
 * Registers and runs the suite `name`. `open` gets an input without programs: an engine that needs
 * them makes them first. It owns the arrays in `parameters`; they are read after `pull` only.
 */
export function engineSuite(name: string, open: OpenEngine): void {
  const test = suite(name);
  const cases = engineCases();
  for (const { name: caseName, input } of cases) {
    test(`${caseName}: predicts and forwards as the kernels do`, () =>
      compare(predictAndForward, input, open));
    test(`${caseName}: each learning call does as the kernels' does`, () =>
      compare(learnOnce, input, open));
    test(`${caseName}: twenty steps end at the kernels' weights`, () =>
      compare(learnInSteps, input, open));
  }
  test('what was pushed is what predicts', () => compare(pushWeights, cases[0]!.input, open));
  test('an uploaded activation is a copy', () => compare(uploadCopies, cases[0]!.input, open));
  test.run();
}

/** Runs a script on both engines side by side and stops at the first number that differs. */
async function compare(script: Script, input: CaseInput, open: OpenEngine): Promise<void> {
  const expected = run(script, input, async (own) => openKernelEngine(own));
  const actual = run(script, input, open);
  try {
    for await (const { what, values } of expected) {
      const { value } = await actual.next();
      assertSame(value ? value.values : [], values, what);
    }
  } finally {
    await actual.return(undefined);
  }
}

async function* run(script: Script, input: CaseInput, open: OpenEngine): ReturnType<Script> {
  const parameters = copyParameters(input.model.layers);
  await using engine = await open({ ...input, parameters, programs: new Map() });
  yield* script({ engine, parameters, input });
}

/** Arrays of their own, for engines that write on them. */
export function copyParameters(
  layers: ReadonlyMap<number, LayerParameters>,
): Map<number, LayerParameters> {
  return new Map(
    [...layers].map(([node, { weights, bias, weightScales }]) => [
      node,
      { weights: weights.slice(), bias: bias.slice(), weightScales: weightScales.slice() },
    ]),
  );
}
