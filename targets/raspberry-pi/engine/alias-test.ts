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
  if (program.inPlace.size === 0) return;
  const feeds = { ...madeUpFeeds(session, { ...fixed, ...learning }), ...learning };
  const apart = await program.runApart(feeds);
  await program.run(feeds);
  for (const [output, written] of program.inPlace) {
    if (sameBytes(written, apart.take(output))) continue;
    throw new EngineError(
      `onnxruntime: program "${name}": expected ${output} to learn in place as it does apart, got other values; use the version of onnxruntime-node that Onward asks for`,
    );
  }
}

/** Noise for what changes from run to run, one sample; two steps where the program takes chunks of a sequence. */
function madeUpFeeds(session: InferenceSession, known: Readonly<Tensors>): Tensors {
  let state = 1;
  const draw = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const feeds: Tensors = {};
  for (const name of session.inputNames) {
    if (known[name] !== undefined) continue;
    const dimensions = dimensionsOf(session, name).map((size) => Math.max(1, size));
    const length = dimensions.reduce((total, size) => total * size, 1);
    feeds[name] = madeUp(session, name, { dimensions, length, draw });
  }
  return feeds;
}

function madeUp(
  session: InferenceSession,
  name: string,
  size: { dimensions: readonly number[]; length: number; draw: () => number },
): Tensor {
  const { dimensions, length, draw } = size;
  const metadata = session.inputMetadata.find((input) => input.name === name);
  const type = metadata?.isTensor ? metadata.type : 'float32';
  if (type === 'int32') return new Tensor('int32', new Int32Array(length), dimensions);
  if (type === 'uint8') {
    return new Tensor(
      'uint8',
      Uint8Array.from({ length }, () => draw() * 256),
      dimensions,
    );
  }
  if (type === 'int64') {
    const [, steps = 1] = dimensionsOf(session, 'x');
    const value = name === 'to' ? BigInt(Math.min(2, steps)) : 0n;
    return new Tensor('int64', new BigInt64Array(length).fill(value), dimensions);
  }
  return new Tensor('float32', Float32Array.from({ length }, draw), dimensions);
}

function copyOf(tensor: Tensor): Tensor {
  return new Tensor(tensor.type, (tensor.data as Int8Array).slice(), tensor.dims);
}

function sameBytes(a: Tensor, b: Tensor): boolean {
  const [left, right] = [a.data as Int8Array, b.data as Int8Array];
  return left.length === right.length && left.every((value, i) => value === right[i]);
}
