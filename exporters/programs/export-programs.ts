import { layoutOf } from '#runtime';
import type { Program } from '#runtime';

import { moduleProgram } from './module-program.ts';
import type { ProgramSource } from './program-frame.ts';
import { programName } from './program-name.ts';
import type { ProgramKind } from './program-name.ts';

/**
 * The programs with which ONNX Runtime predicts and learns by the package's plan. Throws InputError
 * where the plan, the modules and the feedback do not fit together.
 */
export function exportPrograms(source: ProgramSource): Program[] {
  return programKinds(source).map((kind) => ({
    target: 'onnxruntime',
    name: programName(kind),
    bytes: moduleProgram(source, kind),
  }));
}

function programKinds({ plan, modules, feedback }: ProgramSource): ProgramKind[] {
  const { trained, replay, tail, sources } = layoutOf(plan, modules, feedback);
  const kinds: ProgramKind[] = [{ kind: 'predict' }, { kind: 'tail', from: tail }];
  const addForward = (from: number, to: number): void => {
    if (from < to) kinds.push({ kind: 'forward', from, to });
  };
  addForward(0, trained);
  addForward(trained, tail);
  for (let module = trained; module < tail; module++) {
    if (module >= replay) {
      kinds.push({ kind: 'replay', module });
      if (module > trained) addForward(trained, module);
    } else if (sources[module] !== null) kinds.push({ kind: 'feedback', module });
    else addForward(module, module + 1);
  }
  return kinds;
}
