/** Chris Wellons' lowbias32, a bijection of uint32 that spreads every bit. */
export function lowbias32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb_352d);
  x = Math.imul(x ^ (x >>> 15), 0x846c_a68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** In [-1, 1), a function of its two arguments only. */
export function uniform(seed: number, index: number): number {
  return lowbias32(lowbias32(seed) + Math.imul(index, 0x9e37_79b1)) / 2 ** 31 - 1;
}
