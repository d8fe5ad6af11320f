// The rows of the last layer, one a class: real weight = s_w[o] w, real bias = s_x s_w[o] b. A row
// without a class, a spare one, has weights 0 and the lowest bias (docs/numerics.md).
import { EngineError } from '../errors.ts';
import type { LayerParameters } from '../graph/model.ts';
import type { Parameters } from '../graph/parameters.ts';
import type { PackageContent } from '../package/content.ts';
import { selectSamples, sequenceOf } from './examples.ts';
import type { Examples, SampleSize } from './examples.ts';
import { imprintedRow } from './imprint.ts';
import type { Lesson } from './lesson.ts';

/** In steps of the quantised bias. */
const spareBias = -(2 ** 30);
/** What the row is made of: more old examples would only take longer. */
const mostOld = 128;

/**
 * Writes output row `row`, and pushes it, so that the examples at `training` are recognised and those at
 * `rehearsed`, of the classes before it, disturbed little. Throws EngineError where the last layer is not a module
 * of its own, which reads one value.
 */
export async function imprintClass(
  { engine, content, parameters }: Lesson,
  { row, examples, training, rehearsed }: NewClass,
  { size, steps }: SampleSize,
): Promise<void> {
  const { weights, bias, weightScales } = headOf(content, parameters);
  const fan = weights.length / bias.length;
  const last = content.modules.length - 1;
  const { scale, zeroPoint } = content.model.quantization[content.modules[last]!.from]!;
  const featuresOf = async (indices: readonly number[]): Promise<Float64Array[]> => {
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
  };
  const rows = Array.from(bias.subarray(0, row), (b, o) => ({
    weights: Float64Array.from(
      weights.subarray(o * fan, (o + 1) * fan),
      (w) => w * weightScales[o]!,
    ),
    bias: b * scale * weightScales[o]!,
  }));
  const old = await featuresOf(rehearsed.slice(0, mostOld));
  const made = imprintedRow(rows, await featuresOf(training), old);
  const own = weightScales[row]!;
  const limit = content.model.weightLimit;
  made.weights.forEach((w, i) => {
    weights[row * fan + i] = Math.max(-limit, Math.min(limit, Math.round(w / own)));
  });
  bias[row] = Math.max(spareBias, Math.min(-spareBias, Math.round(made.bias / (scale * own))));
  await engine.push();
}

export interface NewClass {
  readonly row: number;
  readonly examples: Examples;
  readonly training: readonly number[];
  readonly rehearsed: readonly number[];
}

/** Makes `row` spare, once the rows after it up to `end` have moved up by one; rows from `row` on share one scale. */
export function removeRow(
  content: Pick<PackageContent, 'model'>,
  parameters: Parameters,
  row: number,
  end: number,
): void {
  const { weights, bias } = headOf(content, parameters);
  const fan = weights.length / bias.length;
  weights.copyWithin(row * fan, (row + 1) * fan, end * fan);
  bias.copyWithin(row, row + 1, end);
  weights.fill(0, (end - 1) * fan, end * fan);
  bias[end - 1] = spareBias;
}

function headOf({ model }: Pick<PackageContent, 'model'>, parameters: Parameters): LayerParameters {
  return parameters.get(model.graph.nodes.length - 1)!;
}
