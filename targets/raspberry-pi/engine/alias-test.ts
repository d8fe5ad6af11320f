import { Tensor } from 'onnxruntime-node';

// ONNX Runtime does not promise that an output may be written over an input. It works as long as all
// that reads the old weights has run before the new ones are written; programs are made so, and this
// test asks the installed version, on copies, before a program touches real weights.
import { EngineError } from '#runtime';
import type { EngineInput, LayerParameters, StepRates } from '#runtime';

import type { IndexTables } from './index-tables.ts';
import type { Program } from './program.ts';

/** Throws EngineError naming the program and the layer if in place is not the same as out of place. */
export async function requireAliasSafe(
  program: Program,
  parameters: EngineInput['parameters'],
  tables: IndexTables,
): Promise<void> {
  if (program.updates.length === 0) return;
  const copies = new Map(
    Array.from(parameters, ([node, layer]) => [
      node,
      program.updates.includes(node) ? copyOf(layer) : layer,
    ]),
  );
  const onCopies = program.withParameters(copies, tables);
  const feeds = madeUpFeeds(program);
  const apart = await onCopies.runApart(feeds, rates);
  await onCopies.run(feeds, rates);
  for (const node of program.updates) {
    const copy = copies.get(node);
    const isSame =
      equal(copy?.weights, apart[`newWeights:${node}`]) &&
      equal(copy?.bias, apart[`newBias:${node}`]);
    if (isSame) continue;
    throw new EngineError(
      `onnxruntime: program "${program.name}": expected node ${node} to learn in place, got other weights; use the version of onnxruntime-node that Onward asks for`,
    );
  }
}

const rates: StepRates = { rate: 1, clip: 0.1, ratio: 1, step: 0, seed: 1 };

/** Noise for what changes from run to run, one sample. */
function madeUpFeeds(program: Program): Record<string, Tensor> {
  let state = 1;
  const draw = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const changing = program.session.inputNames.filter((name) =>
    ['x', 'targets', 'source', 'gradient'].includes(name),
  );
  return Object.fromEntries(
    changing.map((name) => {
      const dimensions = program.dimensionsOf(name).map((size) => Math.max(1, size));
      const length = dimensions.reduce((total, size) => total * size, 1);
      const values =
        name === 'x'
          ? Uint8Array.from({ length }, () => draw() * 256)
          : Float32Array.from({ length }, () => draw() - 0.5);
      return [name, new Tensor(values, dimensions)];
    }),
  );
}

function copyOf({ weights, bias, weightScales }: LayerParameters): LayerParameters {
  return { weights: weights.slice(), bias: bias.slice(), weightScales };
}

function equal(actual: Int8Array | Int32Array | undefined, expected: Tensor | undefined): boolean {
  const wanted = expected?.data as Int8Array | Int32Array | undefined;
  if (actual === undefined || wanted === undefined) return false;
  return actual.length === wanted.length && actual.every((value, i) => value === wanted[i]);
}
