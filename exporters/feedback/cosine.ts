import type { FloatArray } from '../float/array.ts';

/** Of the angle between two gradients; 0 where either is zero everywhere. */
export function cosine(a: FloatArray, b: FloatArray): number {
  let [product, aSquare, bSquare] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    aSquare += a[i]! ** 2;
    bSquare += b[i]! ** 2;
  }
  const norm = Math.sqrt(aSquare * bSquare);
  return norm === 0 ? 0 : product / norm;
}
