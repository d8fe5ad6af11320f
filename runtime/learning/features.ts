// What the last layer reads of an example.
import { EngineError } from '../errors.ts';
import { selectSamples, sequenceOf } from './examples.ts';
import type { Examples, SampleSize } from './examples.ts';
import type { Lesson } from './lesson.ts';

/**
 * In real units, of the examples at `indices`, in that order. Throws EngineError where the last layer is not a
 * module of its own, which reads one value.
 */
export async function featuresOf(
  { engine, content, parameters }: Lesson,
  examples: Examples,
  indices: readonly number[],
  { size, steps }: SampleSize,
): Promise<Float64Array[]> {
  const { model, modules } = content;
  const last = modules.length - 1;
  const { scale, zeroPoint } = model.quantization[modules[last]!.from]!;
  const { weights, bias } = parameters.get(model.graph.nodes.length - 1)!;
  const fan = weights.length / bias.length;
  const features: Float64Array[] = [];
  for (const index of indices) {
    const sample = selectSamples(examples.samples, size, [index]);
    const input = engine.upload(sample, 1, sequenceOf(examples, steps, [index]));
    const value = last === 0 ? input : await engine.forward(0, last, input);
    const bytes = await engine.download(value);
    if (value !== input) value.dispose();
    input.dispose();
    if (bytes.length !== fan) {
      throw new EngineError(
        `addClass: expected a last layer that reads ${fan} values, got ${bytes.length}; export again with --spare-classes`,
      );
    }
    features.push(Float64Array.from(bytes, (q) => scale * (q - zeroPoint)));
  }
  return features;
}
