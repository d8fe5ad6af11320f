// Weights, scales and tables against the graph they belong to. The bounds are those of
// docs/numerics.md: with them every integer sum fits int32 and every multiplier is a finite number.
import { hiddenQuantization } from '../graph/cell.ts';
import { isLayer, isTrainable, weightShapeOf } from '../graph/graph.ts';
import type { Layer, Node } from '../graph/graph.ts';
import type { LayerParameters, Model, Quantization } from '../graph/model.ts';
import type { Clamp } from '../graph/operator.ts';
import { showShape } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { refuse, reject } from './check.ts';

const largestSum = 2 ** 31 - 1;

/** Throws FormatError. */
export function checkParameters(model: Model, shapes: readonly Shape[]): void {
  const { nodes } = model.graph;
  checkQuantization(model);
  checkOutput(nodes.at(-1)!, shapes.at(-1)!);
  nodes.forEach((node, index) => {
    if (isLayer(node)) {
      checkLayer(model, [index, node], shapes[node.inputs[0]!]!);
    } else if (isLookup(node)) {
      checkTable(model, index, node);
    }
  });
  const layers = nodes.filter(isTrainable).length;
  if (model.layers.size !== layers) reject('model.layers', `${layers}`, model.layers.size);
  const lookups = nodes.filter(isLookup).length;
  if (model.lookups.size !== lookups) reject('model.lookups', `${lookups}`, model.lookups.size);
}

function checkQuantization({ graph, quantization }: Model): void {
  if (quantization.length !== graph.nodes.length + 1) {
    reject('model.quantization', `${graph.nodes.length + 1}`, quantization.length);
  }
  quantization.forEach((each, value) => {
    const isLast = value === graph.nodes.length;
    if ((each === null) !== isLast) {
      reject(`model.quantization[${value}]`, isLast ? 'null (logits)' : 'a scale', each);
    }
  });
  graph.nodes.forEach(({ operator, attributes, inputs }, index) => {
    const output = quantization[index + 1];
    const clamp = 'clamp' in attributes ? attributes.clamp : null;
    const where = `model.graph.nodes[${index}].attributes.clamp`;
    if (output && clamp) checkClamp(clamp, output, where);
    if (!output && clamp) reject(where, 'null on logits', clamp);
    if (operator === 'recurrent' && !isSame(output, hiddenQuantization)) {
      reject(`model.quantization[${index + 1}]`, 'scale 1/128 and zero point 128', output?.scale);
    }
    const input = quantization[inputs[0]!]!;
    if (operator !== 'maxPool' || !output) return;
    if (!isSame(output, input)) {
      reject(`model.quantization[${index + 1}]`, "its input's, as of any maxPool", output.scale);
    }
  });
}

function isSame(a: Quantization | null | undefined, b: Quantization): boolean {
  return a?.scale === b.scale && a.zeroPoint === b.zeroPoint;
}

// Somewhere within 0..255, so that the lower limit is not above the upper one.
function checkClamp(
  { minimum, maximum }: Clamp,
  { scale, zeroPoint }: { readonly scale: number; readonly zeroPoint: number },
  where: string,
): void {
  const isOrdered = minimum <= maximum;
  if (isOrdered && minimum / scale + zeroPoint <= 255 && maximum / scale + zeroPoint >= 0) return;
  refuse(where, "a range that meets the value's", `${minimum} to ${maximum}`);
}

function checkOutput(node: Node, shape: Shape): void {
  if (!isLayer(node)) reject('model.graph: last node', 'conv or dense', node.operator);
  if (shape[1] !== 1) {
    reject('model.graph: output', 'logits, steps x 1 and a channel a class', showShape(shape));
  }
}

function checkLayer(model: Model, [index, layer]: readonly [number, Layer], input: Shape): void {
  const where = `model.layers[${index}]`;
  const parameters = model.layers.get(index) ?? missing(where);
  const { weights, bias, weightScales } = parameters;
  const shape = weightShapeOf(layer, input);
  const count = shape.reduce((product, axis) => product * axis, 1);
  if (weights.length !== count) {
    reject(`${where}.weights`, `${count} values (${shape.join('x')})`, weights.length);
  }
  const rows = layer.attributes.outputChannels;
  if (bias.length !== rows) reject(`${where}.bias`, `${rows} values`, bias.length);
  checkFinite(weightScales, `${where}.weightScales`, [rows, 1e-12]);
  checkLimit(parameters, model.weightLimit, where);
  const sum = (count / rows) * 255 * model.weightLimit;
  if (sum > largestSum) reject(where, `sums of at most ${largestSum}`, sum);
}

function isLookup(node: Node): node is Extract<Node, { operator: 'lookup' | 'embedding' }> {
  return node.operator === 'lookup' || node.operator === 'embedding';
}

// 256 entries and slopes; of an embedding 256 vectors, and no slopes.
function checkTable(
  { lookups }: Model,
  index: number,
  node: Extract<Node, { operator: 'lookup' | 'embedding' }>,
): void {
  const where = `model.lookups[${index}]`;
  const { table, slope } = lookups.get(index) ?? missing(where);
  const [size, slopes] = node.operator === 'embedding' ? [node.attributes.size, 0] : [1, 256];
  if (table.length !== 256 * size) reject(`${where}.table`, `${256 * size} entries`, table.length);
  checkFinite(slope, `${where}.slope`, [slopes, -1e12]);
}

export function checkLimit({ weights }: LayerParameters, limit: number, where: string): void {
  const wrong = weights.findIndex((weight) => weight > limit || weight < -limit);
  if (wrong >= 0) reject(`${where}.weights[${wrong}]`, `-${limit} to ${limit}`, weights[wrong]);
}

/** `count` numbers from `minimum` to 1e12. */
export function checkFinite(
  values: Float32Array,
  where: string,
  [count, minimum]: readonly [count: number, minimum: number],
): void {
  if (values.length !== count) reject(where, `${count} values`, values.length);
  const least = Math.fround(minimum);
  const wrong = values.findIndex((value) => !(value >= least && value <= 1e12));
  if (wrong >= 0) reject(`${where}[${wrong}]`, `a number from ${minimum} to 1e12`, values[wrong]);
}

export function missing(where: string): never {
  return reject(where, 'parameters of the node', undefined);
}
