import { isRecurrent, layoutOf } from '#runtime';
import type { Program } from '#runtime';

import { moduleProgram } from './module-program.ts';
import type { ProgramSource } from './program-frame.ts';
import { programName } from './program-name.ts';

/**
 * What runs from the tail's input to that of the last module, where the row of a new class is imprinted;
 * none where that is the tail itself. Recurrent layers have programs of their own, which do the same.
 */
export function headPrograms(source: ProgramSource): Program[] {
  const { plan, modules, feedback, model } = source;
  const { tail: from } = layoutOf(plan, modules, feedback);
  const to = modules.length - 1;
  const nodes = model.graph.nodes.slice(modules[from]!.from, modules[to]!.from);
  if (from === to || nodes.some(isRecurrent)) return [];
  const kind = { kind: 'forward', from, to } as const;
  const bytes = moduleProgram(source, kind);
  return [{ target: 'onnxruntime', name: programName(kind), bytes }];
}
