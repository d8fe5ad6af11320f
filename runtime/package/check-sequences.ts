// Recurrent layers and tokens in a package: their parameters, how they learn, and their state feedback.
import { linearMaps, rowsOf } from '../graph/cell.ts';
import { isRecurrent } from '../graph/graph.ts';
import type { RecurrentNode } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import type { Shape } from '../graph/shape.ts';
import { decayTable } from '../kernels/recurrent/gate-tables.ts';
import { maximumPositions } from '../kernels/summable.ts';
import { requireTrainable, stateFeedbackSize } from '../learning/trainable.ts';
import { checkEntries, largestSum } from './check-learning.ts';
import { checkFinite, checkLimit, missing } from './check-parameters.ts';
import { blameFile, reject } from './check.ts';
import type { PackageContent } from './content.ts';

/** Throws FormatError. `shapes` are those of checkGraph. */
export function checkRecurrentLayers(model: Model, shapes: readonly Shape[]): void {
  for (const [index, node] of model.graph.nodes.entries()) {
    if (isRecurrent(node)) checkRecurrent(model, [index, node], shapes[node.inputs[0]!]!);
  }
}

/** Throws FormatError. checkPlan has passed. */
export function checkSequenceLearning(content: PackageContent, shapes: readonly Shape[]): void {
  const { model, modules, plan } = content;
  const { nodes } = model.graph;
  blameFile('', () => requireTrainable(nodes, modules, plan));
  for (const [index, { from }] of modules.entries()) {
    const first = nodes[from]!;
    if (plan.rules[index] !== 'frozen' && isRecurrent(first)) {
      checkTrained(content, from, first, shapes);
    }
  }
  checkStateFeedback(content);
}

function checkRecurrent(
  model: Model,
  [index, { attributes }]: readonly [number, RecurrentNode],
  [, , features]: Shape,
): void {
  const where = `model.layers[${index}]`;
  const parameters = model.layers.get(index) ?? missing(where);
  blameFile(`${where}: `, () => linearMaps(parameters, attributes, features));
  checkFinite(parameters.weightScales, `${where}.weightScales`, [2 * rowsOf(attributes), 1e-12]);
  checkLimit(parameters, model.weightLimit, where);
  const sum = Math.max(features, attributes.hiddenSize) * 255 * model.weightLimit;
  if (sum > largestSum) reject(where, `sums of at most ${largestSum}`, sum);
}

// The sums of a chunk, those along the rows of both maps, and the running sum of a whole sequence.
function checkTrained(
  { model, plan }: PackageContent,
  index: number,
  { attributes }: RecurrentNode,
  shapes: readonly Shape[],
): void {
  const where = `model.graph.nodes[${index}]`;
  const [steps] = shapes[index]!;
  const chunk = Math.min(steps, plan.recurrence!.exactSteps);
  if (plan.batchSize * chunk > maximumPositions) {
    const most = Math.floor(maximumPositions / plan.batchSize);
    reject('plan.recurrence.exactSteps', `at most ${most} (node ${index} is trained)`, chunk);
  }
  const sum = rowsOf(attributes) * 255 * model.weightLimit;
  if (sum > largestSum) reject(where, `sums of at most ${largestSum}`, sum);
  const most = Math.floor(largestSum / decayTable[0]!);
  if (steps > most) reject(where, `at most ${most} steps, since it is trained`, steps);
}

// At most one a node.
function checkStateFeedback({ model, stateFeedback }: PackageContent): void {
  const seen = new Set<number>();
  for (const [index, feedback] of stateFeedback.entries()) {
    const where = `stateFeedback[${index}]`;
    const [rows, columns] = blameFile(`${where}: `, () =>
      stateFeedbackSize(feedback, model.graph.nodes),
    );
    const { node, matrix, scales } = feedback;
    if (seen.has(node)) reject(`${where}.node`, 'nodes that differ', node);
    seen.add(node);
    checkEntries(matrix, columns, where);
    checkFinite(scales, `${where}.scales`, [rows, 0]);
  }
}
