// ONNX Runtime does not promise that an output may be written over an input. It works as long as all
// that reads the old weights has run before the new ones are written; programs are made so, and this
// test asks the installed version, on copies, before a program touches real weights.
import { Tensor } from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';

import { EngineError } from '#runtime';
import type { StepRates } from '#runtime';

import { dimensionsOf, Program } from './program.ts';
import type { Tensors } from './program.ts';

/** What the test learns with. */
export const testRates: StepRates = { rate: 1, clip: 0.1, ratio: 1, step: 0, seed: 1 };

/**
 * Runs the session on copies of `fixed`, in place and not. Throws EngineError naming the program and
 * the output where the two differ. `learning` are the feeds for `testRates`.
 */
export async function requireAliasSafe(
  name: string,
  session: InferenceSession,
  { fixed, learning }: { readonly fixed: Readonly<Tensors>; readonly learning: Tensors },
): Promise<void> {
  const copies = Object.fromEntries(
    Object.entries(fixed).map(([input, tensor]) => [input, copyOf(tensor)]),
  );
  const program = new Program(name, session, copies);
  if (program.updates.length === 0) return;
  const feeds = { ...madeUpFeeds(session), ...learning };
  const apart = await program.runApart(feeds);
  await program.run(feeds);
  for (const node of program.updates) {
    for (const kind of ['Weights', 'Bias']) {
      const actual = copies[`${kind.toLowerCase()}:${node}`];
      if (actual && sameBytes(actual, apart.take(`new${kind}:${node}`))) continue;
      throw new EngineError(
        `onnxruntime: program "${name}": expected node ${node} to learn in place as it does apart, got other weights; use the version of onnxruntime-node that Onward asks for`,
      );
    }
  }
}

/** Noise for what changes from run to run, one sample. */
function madeUpFeeds(session: InferenceSession): Tensors {
  let state = 1;
  const draw = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const bytes = ['x', 'source', 'sourceZero'];
  const floats = ['targets', 'gradient', 'sourceScale'];
  const changing = session.inputNames.filter((name) => [...bytes, ...floats].includes(name));
  return Object.fromEntries(
    changing.map((name) => {
      const dimensions = dimensionsOf(session, name).map((size) => Math.max(1, size));
      const length = dimensions.reduce((total, size) => total * size, 1);
      const values = bytes.includes(name)
        ? Uint8Array.from({ length }, () => draw() * 256)
        : Float32Array.from({ length }, () => draw());
      return [name, new Tensor(values, dimensions)];
    }),
  );
}

function copyOf(tensor: Tensor): Tensor {
  return new Tensor(tensor.type, (tensor.data as Int8Array).slice(), tensor.dims);
}

function sameBytes(a: Tensor, b: Tensor): boolean {
  const [left, right] = [a.data as Int8Array, b.data as Int8Array];
  return left.length === right.length && left.every((value, i) => value === right[i]);
}
