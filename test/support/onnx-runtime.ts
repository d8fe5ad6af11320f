// ONNX Runtime as the oracle of tests outside the Raspberry Pi target. Not part of #test-support's
// index, so that only the tests that need it load it.
import { InferenceSession, Tensor } from 'onnxruntime-node';

type Feed = readonly [
  data: Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array,
  dimensions: readonly number[],
];

/** Runs an ONNX model once: its outputs by name. */
export async function runOnnx(
  model: Uint8Array,
  feeds: Readonly<Record<string, Feed>>,
  options: InferenceSession.SessionOptions = {},
): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(model, {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    ...options,
  });
  const tensors = Object.entries(feeds).map(([name, [data, dimensions]]) => {
    return [name, new Tensor(data, dimensions)] as const;
  });
  const outputs = await session.run(Object.fromEntries(tensors));
  await session.release();
  return { ...outputs };
}
