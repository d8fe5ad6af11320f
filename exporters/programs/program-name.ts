/** What a program does; `from`, `to` and `module` count modules. */
export type ProgramKind =
  /** x -> logits, the whole model. */
  | { readonly kind: 'predict' }
  /** One time step of the whole model: x, states -> logits, states. */
  | { readonly kind: 'step' }
  /** Modules [from, to): x -> y. */
  | { readonly kind: 'forward'; readonly from: number; readonly to: number }
  /** Modules [from, end): x, targets -> logits, error, gradient at x where the plan uses it, new weights. */
  | { readonly kind: 'tail'; readonly from: number }
  /** Modules [from, to) of a tail, from the gradient at their end: x, gradient -> gradient at x where it is used, new weights. */
  | { readonly kind: 'part'; readonly from: number; readonly to: number }
  /** x, source's error -> y by the old weights, new weights. */
  | { readonly kind: 'feedback'; readonly module: number }
  /** x, gradient at the module's end -> gradient at x, new weights. */
  | { readonly kind: 'replay'; readonly module: number }
  /** A module that is a recurrent layer: its calls on chunks, see recurrent/. */
  | { readonly kind: RecurrentKind; readonly module: number };

/** Forward, learn exactly, learn by replayed gates; new weights; the gradient at the module's end from a source's error. */
export type RecurrentKind = 'steps' | 'exact' | 'gates' | 'update' | 'end-gradient';

/** The name an engine finds a program by: `predict`, `forward:0-3`, `tail:3`, `feedback:1`, `replay:2`. */
export function programName(kind: ProgramKind): string {
  if (kind.kind === 'predict' || kind.kind === 'step') return kind.kind;
  if (kind.kind === 'forward' || kind.kind === 'part') {
    return `${kind.kind}:${kind.from}-${kind.to}`;
  }
  if (kind.kind === 'tail') return `${kind.kind}:${kind.from}`;
  return `${kind.kind}:${kind.module}`;
}
