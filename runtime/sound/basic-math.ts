// Logarithm, root and circle from +, -, *, / and Math.sqrt alone. The language fixes the bits of these in
// every engine; of Math.log, Math.cos and Math.pow it does not, and features must not differ between
// a device and a browser.

/**
 * log10 of a positive, finite x, within a few units of the last place:
 * x = m * 2^e with m from 1/sqrt(2) to sqrt(2), ln m = 2 (s + s^3/3 + s^5/5 + ...), s = (m - 1) / (m + 1).
 */
export function log10(x: number): number {
  let [mantissa, exponent] = [x, 0];
  for (; mantissa > Math.SQRT2; exponent++) mantissa /= 2;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  const s = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  for (let power = 23; power >= 1; power -= 2) sum = sum * s * s + 1 / power;
  return (2 * s * sum + exponent * Math.LN2) / Math.LN10;
}

/** The n-th root of x >= 1, by Newton's method from above: it falls until rounding stops it. */
export function root(x: number, n: number): number {
  let result = 1 + (x - 1) / n;
  for (;;) {
    let power = 1;
    for (let factor = 1; factor < n; factor++) power *= result;
    const next = result - (result - x / power) / n;
    if (!(next < result)) return result;
    result = next;
  }
}

/** cos and sin of 2 pi k / size for k in 0..size-1; size is a power of two, at least 4. */
export function circle(size: number): { cos: Float64Array; sin: Float64Array } {
  const cos = new Float64Array(size);
  const sin = new Float64Array(size);
  [cos[0], cos[size / 2]] = [1, -1];
  // The quarter turn, then half of it, and so on; every other angle is a sum of two that are known.
  let [c, s] = [0, 1];
  for (let step = size / 4; step >= 1; step /= 2) {
    for (let k = step; k < size; k += 2 * step) {
      cos[k] = cos[k - step]! * c - sin[k - step]! * s;
      sin[k] = cos[k - step]! * s + sin[k - step]! * c;
    }
    const half = Math.sqrt((1 + c) / 2);
    [c, s] = [half, s / (2 * half)];
  }
  return { cos, sin };
}
