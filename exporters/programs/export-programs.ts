import { isRecurrent, layoutOf } from '#runtime';
import type { Program, StepLayout } from '#runtime';

import { moduleProgram } from './module-program.ts';
import type { ProgramSource } from './program-frame.ts';
import { programName } from './program-name.ts';
import type { ProgramKind } from './program-name.ts';
import { canStep } from './recurrent/step-program.ts';

/**
 * The programs with which ONNX Runtime predicts and learns by the package's plan. Throws InputError
 * where the plan, the modules and the feedback do not fit together.
 */
export function exportPrograms(source: ProgramSource): Program[] {
  const kinds = new Map(programKinds(source).map((kind) => [programName(kind), kind]));
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
  const kinds: ProgramKind[] = [{ kind: 'predict' }, ...tailKinds(source, layout)];
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
 * A tail without recurrent layers is one program. With them it is learned in parts: recurrent layers, runs of
 * other modules between them, and a program that ends in the error, of the last run or of nothing.
 */
function tailKinds(source: ProgramSource, { tail }: StepLayout): ProgramKind[] {
  const kinds: ProgramKind[] = [];
  const end = source.modules.length;
  let start = tail;
  for (let module = tail; module < end; module++) {
    if (!isRecurrentModule(source, module)) continue;
    kinds.push(...plainKinds(start, module), ...recurrentKinds(source, module));
    start = module + 1;
  }
  return [...kinds, { kind: 'tail', from: start }];
}

/** A run of modules in a tail, before a recurrent layer. */
function plainKinds(from: number, to: number): ProgramKind[] {
  if (from === to) return [];
  return [
    { kind: 'forward', from, to },
    { kind: 'part', from, to },
  ];
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
