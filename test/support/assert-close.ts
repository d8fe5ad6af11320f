/**
 * Fails unless both hold the same number of values and each pair differs by at most `tolerance`.
 * The message names the worst position only: a diff of a whole tensor helps nobody.
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`assertClose: expected ${expected.length} values, got ${actual.length}`);
  }
  let worst = -1;
  let worstGap = tolerance;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    // Object.is: equal infinities and NaN where NaN is expected are close; any other NaN is not.
    const gap = Object.is(a, e) ? 0 : Math.abs(a - e);
    if (gap <= worstGap) continue;
    worst = i;
    worstGap = Number.isNaN(gap) ? Infinity : gap;
  }
  if (worst === -1) return;
  throw new Error(
    `assertClose: expected ${expected[worst]} within ${tolerance} at ${worst}, got ${actual[worst]}`,
  );
}
