import { InputError } from '../errors.ts';
import { moduleInput } from '../graph/module.ts';
import type { Module } from '../graph/module.ts';
import type { Range } from './forward-range.ts';

/** The nodes of modules [from, to), of `nodes` in all. Throws InputError where there are no such modules. */
export function moduleRange(
  where: string,
  modules: readonly Module[],
  nodes: number,
  [from, to]: readonly [from: number, to: number],
): Range {
  const isRange = Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to;
  if (!isRange || to > modules.length || modules.length === 0) {
    throw new InputError(
      `${where}: expected modules within 0..${modules.length}, got ${from}..${to}`,
    );
  }
  const start = from < modules.length ? moduleInput(modules[from]!) : nodes;
  return { from: start, to: from === to ? start : modules[to - 1]!.to };
}
