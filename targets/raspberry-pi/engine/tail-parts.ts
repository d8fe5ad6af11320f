// A tail with recurrent layers is learned in parts, each by its own programs. Which programs a package has says
// where the parts meet.
import { EngineError } from '#runtime';
import type { EngineInput } from '#runtime';

export type TailPart =
  /** A recurrent layer. */
  | { readonly kind: 'recurrent'; readonly from: number; readonly to: number }
  /** Other modules, before a recurrent layer. */
  | { readonly kind: 'plain'; readonly from: number; readonly to: number }
  /** Modules up to the model's end, if any, and the error. */
  | { readonly kind: 'end'; readonly from: number; readonly to: number };

/** The parts of modules [from, end), in order. Throws EngineError where the package lacks a program. */
export function tailParts(
  { programs, modules }: Pick<EngineInput, 'programs' | 'modules'>,
  from: number,
): TailPart[] {
  const end = modules.length;
  if (programs.has(`tail:${from}`)) return [{ kind: 'end', from, to: end }];
  if (programs.has(`exact:${from}`)) {
    const part = { kind: 'recurrent', from, to: from + 1 } as const;
    return [part, ...tailParts({ programs, modules }, from + 1)];
  }
  for (let to = end; to > from; to--) {
    if (!programs.has(`part:${from}-${to}`)) continue;
    return [{ kind: 'plain', from, to }, ...tailParts({ programs, modules }, to)];
  }
  throw new EngineError(
    `onnxruntime: expected a program that learns modules from ${from} on, got ${[...programs.keys()].join(', ') || 'none'}; export again with this plan`,
  );
}
