import type { Test } from 'uvu';

interface Skip {
  readonly name: string;
  readonly reason: string;
}

/** What was skipped, and why, in the file being run; the runner prints it and empties the list. */
export const announcedSkips: Skip[] = [];

/**
 * A stand-in for `test` where the machine lacks what the tests need:
 * `const onReader = model === null ? skipBecause(test, 'reader.onnx is not here') : test;`
 * The runner refuses skips without a reason, so `test.skip` and `test.only` cannot be left behind.
 */
export function skipBecause(
  test: Pick<Test, 'skip'>,
  reason: string,
): (name: string, handler?: unknown) => void {
  return (name) => {
    announcedSkips.push({ name, reason });
    test.skip(name);
  };
}
