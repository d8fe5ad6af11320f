/** Fails unless both hold the same numbers bit for bit; the message counts and shows the first difference. */
export function assertSame(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: expected ${expected.length} values, got ${actual.length}`);
  }
  let first = -1;
  let count = 0;
  for (let i = expected.length - 1; i >= 0; i--) {
    if (Object.is(actual[i], expected[i])) continue;
    first = i;
    count++;
  }
  if (count === 0) return;
  throw new Error(
    `${what}: ${count} of ${expected.length} values differ; expected ${expected[first]} at ${first}, got ${actual[first]}`,
  );
}
