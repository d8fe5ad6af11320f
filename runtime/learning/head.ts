// The rows of the last layer, one a class: real weight = s_w[o] w, real bias = s_x s_w[o] b. A row
// without a class, a spare one, has weights 0 and the lowest bias (docs/numerics.md).
import type { Activation } from '../engine.ts';
import type { LayerParameters } from '../graph/model.ts';
import type { Parameters } from '../graph/parameters.ts';
import type { PackageContent } from '../package/content.ts';
import { imprintedRow } from './imprint.ts';
import type { Lesson } from './lesson.ts';

/** In steps of the quantised bias. */
const spareBias = -(2 ** 30);

/** What the row is made of: more old examples would only take longer. */
const mostOld = 128;

/**
 * Writes output row `row`, and pushes it, so that the examples at `training` are recognised and those at
 * `rehearsed`, of the classes before it, disturbed little. Null, or why it could not: the last layer is no
 * module of its own, which reads one value.
 */
export async function imprintClass(
  { engine, content, parameters }: Lesson,
  { row, training, rehearsed, upload }: NewClass,
): Promise<string | null> {
  const { weights, bias, weightScales } = headOf(content, parameters);
  const fan = weights.length / bias.length;
  const { modules, model } = content;
  const last = modules.length - 1;
  const { scale, zeroPoint } = model.quantization[modules[last]!.from]!;
  const features: Float64Array[] = [];
  for (const index of [...training, ...rehearsed.slice(0, mostOld)]) {
    const input = upload(index);
    const value = last === 0 ? input : await engine.forward(0, last, input);
    const bytes = await engine.download(value);
    if (value !== input) value.dispose();
    input.dispose();
    if (bytes.length !== fan) {
      return `expected a last layer that reads ${fan} values, got ${bytes.length}; export again with --spare-classes`;
    }
    features.push(Float64Array.from(bytes, (q) => scale * (q - zeroPoint)));
  }
  const rows = Array.from(bias.subarray(0, row), (b, o) => ({
    weights: Float64Array.from(
      weights.subarray(o * fan, (o + 1) * fan),
      (w) => w * weightScales[o]!,
    ),
    bias: b * scale * weightScales[o]!,
  }));
  const count = training.length;
  const made = imprintedRow(rows, features.slice(0, count), features.slice(count));
  const own = weightScales[row]!;
  const limit = model.weightLimit;
  made.weights.forEach((w, i) => {
    weights[row * fan + i] = Math.max(-limit, Math.min(limit, Math.round(w / own)));
  });
  bias[row] = Math.max(spareBias, Math.min(-spareBias, Math.round(made.bias / (scale * own))));
  await engine.push();
  return null;
}

export interface NewClass {
  readonly row: number;
  /** Indices of examples, at least one. */
  readonly training: readonly number[];
  readonly rehearsed: readonly number[];
  /** Of the example at an index. */
  readonly upload: (index: number) => Activation;
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

/** Why `label` cannot be the name of a class more, of a model with `rows` output rows at each of `positions`; null if it can. */
export function whyNotAdd(
  { label, known, isPrintable }: NewName,
  rows: number,
  positions: number,
): string | null {
  if (positions > 1) {
    return 'expected a model with one label a sample, got labels of every step; export again with more classes';
  }
  if (!isPrintable || known.includes(label)) {
    return `expected a new label of 1 to 256 printable characters, got ${JSON.stringify(label)}`;
  }
  if (known.length < rows) return null;
  return `expected a spare output row, got ${known.length} classes in ${rows} rows; removeClass frees one, or export again with more spare classes`;
}

export interface NewName {
  readonly label: string;
  /** All labels in use. */
  readonly known: readonly string[];
  readonly isPrintable: boolean;
}

/** Why `label` cannot be removed where `added` were added; null if it can. */
export function whyNotRemove(label: string, added: readonly string[]): string | null {
  if (added.includes(label)) return null;
  return `expected one of the classes added here (${added.join(', ') || 'none'}), got ${JSON.stringify(label)}`;
}
