// The rows of the last layer, one a class: real weight = s_w[o] w, real bias = s_x s_w[o] b. A row
// without a class, a spare one, has weights 0 and the lowest bias (docs/numerics.md).
import type { LayerParameters } from '../graph/model.ts';
import type { Parameters } from '../graph/parameters.ts';
import type { PackageContent } from '../package/content.ts';
import { imprintedRow } from './imprint.ts';
import type { Lesson } from './lesson.ts';

/** In steps of the quantised bias. */
const spareBias = -(2 ** 30);

/**
 * Writes output row `row`, and pushes it, so that what has the features `fresh` is recognised, and what has
 * those of `old`, of the classes before it, disturbed little.
 */
export async function imprintClass(
  { engine, content, parameters }: Lesson,
  { row, fresh, old }: NewClass,
): Promise<void> {
  const { weights, bias, weightScales } = headOf(content, parameters);
  const fan = weights.length / bias.length;
  const { modules, model } = content;
  const { scale } = model.quantization[modules.at(-1)!.from]!;
  const rows = Array.from(bias.subarray(0, row), (b, o) => ({
    weights: Float64Array.from(
      weights.subarray(o * fan, (o + 1) * fan),
      (w) => w * weightScales[o]!,
    ),
    bias: b * scale * weightScales[o]!,
  }));
  const made = imprintedRow(rows, fresh, old);
  const own = weightScales[row]!;
  const limit = model.weightLimit;
  made.weights.forEach((w, i) => {
    weights[row * fan + i] = Math.max(-limit, Math.min(limit, Math.round(w / own)));
  });
  bias[row] = Math.max(spareBias, Math.min(-spareBias, Math.round(made.bias / (scale * own))));
  await engine.push();
}

export interface NewClass {
  readonly row: number;
  /** Of what the last layer reads, at least one. */
  readonly fresh: readonly Float64Array[];
  readonly old: readonly Float64Array[];
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
