// Every error a caller can act on. Messages read `<where>: expected <x>, got <y>; <the cure>`.
// `code` is stable and safe to switch on; `name` is a literal so that it survives minifying.

export abstract class OnwardError extends Error {
  abstract readonly code: string;
}

/** Bytes from outside that are not what they claim to be: truncated, foreign, hostile or newer. */
export class FormatError extends OnwardError {
  readonly code = 'format';
  override readonly name = 'FormatError';
}

/** A model uses an operator, type, shape or form that Onward cannot run. */
export class UnsupportedError extends OnwardError {
  readonly code = 'unsupported';
  override readonly name = 'UnsupportedError';
}

/** A sample, label or option that the caller passed does not fit the model. */
export class InputError extends OnwardError {
  readonly code = 'input';
  override readonly name = 'InputError';
}

/** What was learned cannot be read, locked or written; what was there before still is. */
export class StateError extends OnwardError {
  readonly code = 'state';
  override readonly name = 'StateError';
}

/** The engine failed, was lost, or computes something else than the reference kernels. */
export class EngineError extends OnwardError {
  readonly code = 'engine';
  override readonly name = 'EngineError';
}

/** An error that crossed to another thread as its code and message; EngineError for a code that is none. */
export function errorOf(code: string, message: string): OnwardError {
  const kinds = [FormatError, UnsupportedError, InputError, StateError].map(
    (Kind) => new Kind(message),
  );
  return kinds.find((error) => error.code === code) ?? new EngineError(message);
}
