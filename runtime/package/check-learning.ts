// Modules, plan and feedback against the graph and each other.
import { isLayer } from '../graph/graph.ts';
import type { Layer } from '../graph/graph.ts';
import { moduleInput, moduleOutput } from '../graph/module.ts';
import type { Module } from '../graph/module.ts';
import { showShape } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { maximumPositions } from '../kernels/summable.ts';
import { feedbackOf, layoutOf } from '../learning/layout.ts';
import type { Feedback } from '../learning/plan.ts';
import { checkFinite } from './check-parameters.ts';
import { blameFile, reject } from './check.ts';
import type { PackageContent } from './content.ts';

export const largestSum: number = 2 ** 31 - 1;

type Learning = Pick<PackageContent, 'model' | 'modules' | 'plan' | 'feedback'>;

/** That modules and plan are a whole; what they train is not looked at. Throws FormatError. */
export function checkPlan(content: Learning): void {
  checkModules(content);
  tailOf(content);
}

/** Throws FormatError. `shapes` are those of checkGraph; checkPlan has passed. */
export function checkLearning(content: Learning, shapes: readonly Shape[]): void {
  const tail = tailOf(content);
  content.modules.forEach((module, index) => {
    if (content.plan.rules[index] !== 'frozen') checkTrained(content, module, shapes);
    checkTargets(content, index);
  });
  for (const [index, feedback] of content.feedback.entries()) {
    const { target, source } = feedback;
    const where = `feedback[${index}]`;
    const module = content.modules.find(({ from, to }) => target > from && target <= to);
    if (!module) reject(`${where}.target`, 'a value that a module makes', target);
    const ends = {
      logits: shapes.length - 1,
      tail: moduleInput(tail),
      module: moduleOutput(module),
    };
    if (source === 'logits' && shapes.at(-1)![0] > 1) {
      reject(`${where}.source`, "'tail', since there are logits for every step", source);
    }
    checkMatrix(feedback, { target: shapes[target]!, source: shapes[ends[source]]! }, where);
  }
}

// Modules hold every node once, in order, and read nothing from before their input.
function checkModules({ model, modules }: Learning): void {
  let next = 0;
  modules.forEach(({ from, to }, index) => {
    if (from !== next) reject(`modules[${index}].from`, `${next}, where the last ended`, from);
    if (to <= from) reject(`modules[${index}].to`, `more than ${from}`, to);
    for (let node = from; node < Math.min(to, model.graph.nodes.length); node++) {
      const before = model.graph.nodes[node]!.inputs.find((value) => value < from);
      if (before !== undefined) {
        reject(
          `model.graph.nodes[${node}].inputs`,
          `values of its module, from ${from} on`,
          before,
        );
      }
    }
    next = to;
  });
  if (next !== model.graph.nodes.length) {
    reject('modules', `${model.graph.nodes.length} nodes in all`, next);
  }
}

function tailOf({ plan, modules, feedback }: Learning): Module {
  return blameFile('', () => modules[layoutOf(plan, modules, feedback).tail]!);
}

function layersOf({ model }: Learning, { from, to }: Module): [node: number, layer: Layer][] {
  return model.graph.nodes
    .slice(from, to)
    .flatMap((node, index): [number, Layer][] => (isLayer(node) ? [[from + index, node]] : []));
}

// The sums of a learning step fit int32.
function checkTrained(content: Learning, module: Module, shapes: readonly Shape[]): void {
  const { model, plan } = content;
  for (const [index, { operator, attributes }] of layersOf(content, module)) {
    const [height, width] = shapes[index + 1]!;
    const positions = plan.batchSize * height * width;
    if (positions > maximumPositions) {
      const most = Math.floor(maximumPositions / (height * width));
      reject('plan.batchSize', `at most ${most} (node ${index} is trained)`, plan.batchSize);
    }
    const offsets =
      operator === 'conv' ? attributes.window.kernel[0] * attributes.window.kernel[1] : 1;
    const groups = operator === 'conv' ? attributes.groups : 1;
    const sum = (offsets * attributes.outputChannels * 255 * model.weightLimit) / groups;
    if (sum > largestSum)
      reject(`model.graph.nodes[${index}]`, `sums of at most ${largestSum}`, sum);
  }
}

/** Sums of a row with 8-bit errors fit int32. */
export function checkEntries(matrix: Int8Array, columns: number, where: string): void {
  if (columns * 127 * 255 > largestSum) reject(where, `sums of at most ${largestSum}`, columns);
  if (matrix.includes(-128)) reject(`${where}.matrix`, '-127 to 127', -128);
}

// `feedback-local`: one for the module's end. `feedback-direct`: one for each layer. Else none.
function checkTargets(content: Learning, index: number): void {
  const module = content.modules[index]!;
  const rule = content.plan.rules[index]!;
  const where = `feedback of module ${index} (${rule})`;
  const own = feedbackOf(module, content.feedback);
  const expected = new Set<number>();
  if (rule === 'feedback-local') expected.add(moduleOutput(module));
  if (rule === 'feedback-direct') {
    for (const [node] of layersOf(content, module)) expected.add(node + 1);
  }
  const targets = own.map(({ target }) => target).toSorted((a, b) => a - b);
  if (targets.length !== expected.size || targets.some((target) => !expected.has(target))) {
    const values = Array.from(expected).join(', ') || 'none';
    reject(where, `targets ${values}`, targets.join(', ') || 'none');
  }
  if (rule === 'feedback-local' && own.some(({ source }) => source === 'module')) {
    reject(where, "source 'logits' or 'tail'", 'module');
  }
}

function checkMatrix(
  { source, kernel, dilation, groups, grid, matrix, scales }: Feedback,
  shapes: { readonly target: Shape; readonly source: Shape },
  where: string,
): void {
  const channels = shapes.target[2];
  const isDense = source === 'logits';
  if (isDense ? kernel !== 1 || dilation !== 1 || groups !== 1 : kernel % 2 === 0) {
    reject(where, isDense ? 'kernel, dilation, groups of 1' : 'an odd kernel', kernel);
  }
  if (channels % groups !== 0 || shapes.source[2] % groups !== 0) {
    reject(`${where}.groups`, `a divisor of ${channels} and ${shapes.source[2]}`, groups);
  }
  const limit = isDense ? shapes.target : shapes.source;
  const fits = isDense
    ? grid[0] <= limit[0] && grid[1] <= limit[1]
    : grid[0] === limit[0] && grid[1] === limit[1];
  if (!fits)
    reject(`${where}.grid`, `${isDense ? 'at most ' : ''}${limit[0]}x${limit[1]}`, grid.join('x'));
  const rows = isDense ? grid[0] * grid[1] * channels : channels;
  const columns = (kernel * kernel * shapes.source[2]) / groups;
  if (matrix.length !== rows * columns) {
    reject(
      `${where}.matrix`,
      `${rows}x${columns} values for ${showShape(shapes.target)}`,
      matrix.length,
    );
  }
  checkEntries(matrix, columns, where);
  checkFinite(scales, `${where}.scales`, [rows, 0]);
}
