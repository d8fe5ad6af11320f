import { isRecurrent, layoutOf } from '#runtime';

import type { ProgramSource } from './program-frame.ts';
import type { ProgramKind } from './program-name.ts';

/**
 * What runs from the tail's input to that of the last module, where the row of a new class is imprinted;
 * none where that is the tail itself. Recurrent layers have programs of their own, which do the same.
 */
export function headKinds({ plan, modules, feedback, model }: ProgramSource): ProgramKind[] {
  const { tail: from } = layoutOf(plan, modules, feedback);
  const to = modules.length - 1;
  const nodes = model.graph.nodes.slice(modules[from]!.from, modules[to]!.from);
  return from === to || nodes.some(isRecurrent) ? [] : [{ kind: 'forward', from, to }];
}
