import type { Engine } from '../engine.ts';
import { sequenceOf } from './examples.ts';
import type { Examples, SampleSize } from './examples.ts';

/** At a time: what predicting needs does not grow with the number of samples. */
const together = 16;

/** float32 [samples, positions, classes] of uint8 samples. */
export async function logitsOf(
  engine: Engine,
  examples: Omit<Examples, 'labels'>,
  { size, steps }: SampleSize,
): Promise<Float32Array> {
  const { samples } = examples;
  const chunks: Float32Array[] = [];
  for (let start = 0; start < samples.length; start += together * size) {
    const chunk = samples.subarray(start, start + together * size);
    const indices = Array.from({ length: chunk.length / size }, (_, n) => start / size + n);
    chunks.push(await engine.predict(chunk, indices.length, sequenceOf(examples, steps, indices)));
  }
  const logits = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  chunks.forEach((chunk, index) => logits.set(chunk, index * chunks[0]!.length));
  return logits;
}
