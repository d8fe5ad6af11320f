// Stochastic rounding without a random generator: a counter, spread by the golden ratio, so that a
// lesson replays bit for bit on every engine and a weight meets every rounding equally often.

/** 2^32 / golden ratio, odd: i -> i * this mod 2^32 is equidistributed over any run of i. */
const golden = 0x9e37_79b1;

/** Noise repeats after this many steps. */
export const noisePeriod = 4096;

/** ((((i + offset) * golden) mod 2^32) >>> 9) * 2^-23 - 0.5 + 2^-24: in (-0.5, 0.5), mean zero, exact in float32. */
export function noise(i: number, offset: number): number {
  return (Math.imul(i + offset, golden) >>> 9) * 2 ** -23 - 0.5 + 2 ** -24;
}

/**
 * noise(i, 0) for i in [0, length): the noise of n weights at some offset is subarray(offset, offset + n),
 * so length n + noisePeriod serves every step of a layer of n weights.
 */
export function noiseTable(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => noise(i, 0));
}

/** (hash(seed, node) + step) mod 4096, hash(seed, node) = lowbias32(seed ^ lowbias32(node + 1)). */
export function noiseOffset(seed: number, node: number, step: number): number {
  return (lowbias32(seed ^ lowbias32(node + 1)) + step) % noisePeriod;
}

/** Chris Wellons' lowbias32, a bijection of uint32 that spreads every bit. */
function lowbias32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb_352d);
  x = Math.imul(x ^ (x >>> 15), 0x846c_a68b);
  return (x ^ (x >>> 16)) >>> 0;
}
