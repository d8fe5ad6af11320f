// Everything that must hold in a package beyond the bounds of its fields.
import { checkGraph } from './check-graph.ts';
import { checkLearning } from './check-learning.ts';
import { checkParameters } from './check-parameters.ts';
import type { PackageContent } from './content.ts';
import { reject } from './field.ts';

/** Throws FormatError naming the field, for packages written as well as read. */
export function checkContent(content: PackageContent): void {
  const shapes = checkGraph(content.model.graph);
  checkParameters(content.model, shapes);
  checkLearning(content, shapes);
  const channels = shapes[0]![2];
  const { mean, deviation } = content.input;
  if (mean.length !== channels) reject('input.mean', `${channels}, one a channel`, mean.length);
  if (deviation.length !== channels) {
    reject('input.deviation', `${channels}, one a channel`, deviation.length);
  }
  const rows = shapes.at(-1)![2];
  if (content.labels.length > rows) {
    reject('labels', `at most ${rows}, one an output row`, content.labels.length);
  }
  checkUnique(content.labels, 'labels');
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
