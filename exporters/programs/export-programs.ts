import { isRecurrent, layoutOf } from '#runtime';
import type { Program } from '#runtime';

import { plannedTail } from '../tail-parts.ts';
import { headKinds } from './head-program.ts';
import { moduleProgram } from './module-program.ts';
import type { ProgramSource } from './program-frame.ts';
import { programName } from './program-name.ts';
import type { ProgramKind } from './program-name.ts';
import { canStep } from './recurrent/step-program.ts';

/**
 * The programs with which ONNX Runtime predicts and learns by the package's plan, and where it has spare classes,
 * imprints them. Throws InputError where the plan, the modules and the feedback do not fit together.
 */
export function exportPrograms(
  source: ProgramSource,
  { hasSpare = false }: { readonly hasSpare?: boolean } = {},
): Program[] {
  const all = [...programKinds(source), ...(hasSpare ? headKinds(source) : [])];
  const kinds = new Map(all.map((kind) => [programName(kind), kind]));
  return Array.from(kinds, ([name, kind]) => ({
    target: 'onnxruntime',
    name,
    bytes: moduleProgram(source, kind),
  }));
}

function programKinds(source: ProgramSource): ProgramKind[] {
  const { plan, modules, feedback, model } = source;
  const layout = layoutOf(plan, modules, feedback);
  const { trained, replay, tail, sources } = layout;
  const kinds: ProgramKind[] = [{ kind: 'predict' }, ...tailKinds(source)];
  if (model.graph.nodes.some(isRecurrent) && canStep(source)) kinds.push({ kind: 'step' });
  const addForward = (from: number, to: number): void => {
    if (from < to) kinds.push({ kind: 'forward', from, to });
  };
  addForward(0, trained);
  addForward(trained, tail);
  for (let module = trained; module < tail; module++) {
    if (module >= replay) {
      kinds.push(...learningKinds(source, module, { kind: 'replay', module }));
      if (module > trained) addForward(trained, module);
    } else if (sources[module] !== null) {
      const isSequence = isRecurrentModule(source, module);
      if (isSequence) kinds.push({ kind: 'end-gradient', module });
      kinds.push(...learningKinds(source, module, { kind: 'feedback', module }));
    } else addForward(module, module + 1);
  }
  return kinds;
}

/**
 * The programs of each part of the tail. The last one ends in the error; behind a recurrent layer at the model's end
 * there is one of nothing else.
 */
function tailKinds(source: ProgramSource): ProgramKind[] {
  const { model, modules, plan } = source;
  const end = modules.length;
  const kinds: ProgramKind[] = [];
  for (const { from, to } of plannedTail(model.graph, modules, plan).parts) {
    const isSequence = isRecurrentModule(source, from);
    if (isSequence) kinds.push(...recurrentKinds(source, from));
    if (to === end) kinds.push({ kind: 'tail', from: isSequence ? end : from });
    else if (!isSequence) kinds.push({ kind: 'forward', from, to }, { kind: 'part', from, to });
  }
  return kinds;
}

function learningKinds(source: ProgramSource, module: number, plain: ProgramKind): ProgramKind[] {
  return isRecurrentModule(source, module) ? recurrentKinds(source, module) : [plain];
}

/** An output of every step takes no gates, see sequenceCalls. */
function recurrentKinds({ plan, model, modules }: ProgramSource, module: number): ProgramKind[] {
  const node = model.graph.nodes[modules[module]!.from]!;
  const isLast = isRecurrent(node) && node.attributes.output === 'last';
  const takesGates = isLast && plan.recurrence?.earlier === 'gates';
  return [
    { kind: 'steps', module },
    { kind: 'exact', module },
    ...(takesGates ? [{ kind: 'gates', module } as const] : []),
    { kind: 'update', module },
  ];
}

function isRecurrentModule({ model, modules }: ProgramSource, module: number): boolean {
  const { from, to } = modules[module]!;
  return to - from === 1 && isRecurrent(model.graph.nodes[from]!);
}
