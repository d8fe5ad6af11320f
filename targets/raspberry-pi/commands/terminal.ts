import type { Readable, Writable } from 'node:stream';

/** Where a command writes: results to `stdout`, everything else to `stderr`. Only `stream` reads `stdin`. */
export interface Terminal {
  readonly stdin?: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** Prints what a command found: with `json` one object on one line, otherwise `lines`. */
export function printResult(
  { stdout }: Terminal,
  { json = false }: { readonly json?: boolean },
  result: { readonly object: object; readonly lines: readonly string[] },
): void {
  stdout.write(
    json
      ? `${JSON.stringify(result.object)}\n`
      : result.lines.map((line) => `${printable(line)}\n`).join(''),
  );
}

/** Labels and file names are others' text: nothing in it may steer the terminal. */
export function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}
