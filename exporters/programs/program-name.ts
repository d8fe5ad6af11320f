/** What a program does; `from`, `to` and `module` count modules. */
export type ProgramKind =
  /** x -> logits, the whole model. */
  | { readonly kind: 'predict' }
  /** Modules [from, to): x -> y. */
  | { readonly kind: 'forward'; readonly from: number; readonly to: number }
  /** Modules [from, end): x, targets -> logits, error, gradient at x where the plan uses it, new weights. */
  | { readonly kind: 'tail'; readonly from: number }
  /** x, source's error -> y by the old weights, new weights. */
  | { readonly kind: 'feedback'; readonly module: number }
  /** x, gradient at the module's end -> gradient at x, new weights. */
  | { readonly kind: 'replay'; readonly module: number };

/** The name an engine finds a program by: `predict`, `forward:0-3`, `tail:3`, `feedback:1`, `replay:2`. */
export function programName(kind: ProgramKind): string {
  if (kind.kind === 'predict') return kind.kind;
  if (kind.kind === 'forward') return `${kind.kind}:${kind.from}-${kind.to}`;
  if (kind.kind === 'tail') return `${kind.kind}:${kind.from}`;
  return `${kind.kind}:${kind.module}`;
}
