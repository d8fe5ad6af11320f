// Everything that must hold in a package beyond the bounds of its fields.
import { hasSequences } from '../graph/has-sequences.ts';
import { sizeOf } from '../graph/shape.ts';
import { loaded } from '../loaded.ts';
import { checkGraph } from './check-graph.ts';
import { checkLearning, checkPlan } from './check-learning.ts';
import { checkParameters } from './check-parameters.ts';
import { reject } from './check.ts';
import type { PackageContent } from './content.ts';

/** Throws FormatError naming the field. */
export async function checkContent(content: PackageContent): Promise<void> {
  const shapes = checkGraph(content.model.graph);
  const isPlain = !hasSequences(content.model.graph) && content.stateFeedback.length === 0;
  const sequences = isPlain ? null : await loaded('package', () => import('../sequences.ts'));
  sequences?.checkRecurrentLayers(content.model, shapes);
  checkParameters(content.model, shapes);
  checkPlan(content);
  sequences?.checkSequenceLearning(content, shapes);
  checkLearning(content, shapes);
  const channels = shapes[0]![2];
  for (const key of ['mean', 'deviation'] as const) {
    const { length } = content.input[key];
    if (length !== channels) reject(`input.${key}`, `${channels}, one a channel`, length);
  }
  const rows = shapes.at(-1)![2];
  if (content.labels.length > rows) {
    reject('labels', `at most ${rows}, one an output row`, content.labels.length);
  }
  checkUnique(content.labels, 'labels');
  const { samples, labels } = content.examples;
  if (samples.length !== labels.length * sizeOf(shapes[0]!)) {
    reject('examples.samples', `${labels.length} samples`, samples.length);
  }
  const wrong = labels.findIndex((label) => label >= content.labels.length);
  if (wrong >= 0) reject(`examples.labels[${wrong}]`, 'a class', labels[wrong]);
  checkUnique(
    content.programs.map(({ target, name }) => `${target}/${name}`),
    'programs',
  );
}

function checkUnique(names: readonly string[], where: string): void {
  const seen = new Set<string>();
  names.forEach((name, index) => {
    if (seen.has(name)) reject(`${where}[${index}]`, 'names that differ', name);
    seen.add(name);
  });
}
