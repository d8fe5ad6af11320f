import type { Writable } from 'node:stream';

/** Where a command writes: results to `stdout`, everything else to `stderr`. */
export interface Terminal {
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** Prints what a command found: with `json` one object on one line, otherwise `lines`. */
export function printResult(
  { stdout }: Terminal,
  { json = false }: { readonly json?: boolean },
  result: { readonly object: object; readonly lines: readonly string[] },
): void {
  stdout.write(json ? `${JSON.stringify(result.object)}\n` : `${result.lines.join('\n')}\n`);
}
