import { EngineError, InputError } from '#runtime';
import type { EngineInput } from '#runtime';

/**
 * The programs that run modules [from, to) one after another, as few as there are; none where the
 * range is empty. Throws EngineError where the package has no programs that meet at these modules.
 */
export function forwardPrograms(
  { programs, modules }: Pick<EngineInput, 'programs' | 'modules'>,
  from: number,
  to: number,
): string[] {
  const isRange = Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to;
  if (!isRange || to > modules.length) {
    throw new InputError(
      `forward: expected modules within 0..${modules.length}, got ${from}..${to}`,
    );
  }
  const path = longestFirst(programs, from, to);
  if (path !== null) return path;
  throw new EngineError(
    `onnxruntime: expected programs that forward modules ${from}..${to}, got ${[...programs.keys()].join(', ') || 'none'}; export again with this plan`,
  );
}

function longestFirst(
  programs: EngineInput['programs'],
  from: number,
  to: number,
): string[] | null {
  if (from === to) return [];
  for (let end = to; end > from; end--) {
    const name = `forward:${from}-${end}`;
    const rest = programs.has(name) ? longestFirst(programs, end, to) : null;
    if (rest !== null) return [name, ...rest];
  }
  return null;
}
