// |DFT|^2 of real frames whose length is a power of two: the radix-2 transform of Cooley and Tukey.
import { circle } from './basic-math.ts';

/** Of a frame [length] -> power [length / 2 + 1], in arrays of its own that the next call overwrites. */
export type PowerSpectrum = (frame: Float64Array) => Float64Array;

/** `length` is a power of two, at least 4. */
export function powerSpectrum(length: number): PowerSpectrum {
  const { cos, sin } = circle(length);
  const order = bitReversed(length);
  const real = new Float64Array(length);
  const imaginary = new Float64Array(length);
  const power = new Float64Array(length / 2 + 1);
  return (frame) => {
    for (let index = 0; index < length; index++) real[index] = frame[order[index]!]!;
    imaginary.fill(0);
    for (let half = 1; half < length; half *= 2) {
      const turn = length / (2 * half);
      for (let start = 0; start < length; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const [upper, lower] = [start + k, start + k + half];
          const [c, s] = [cos[k * turn]!, -sin[k * turn]!];
          const re = real[lower]! * c - imaginary[lower]! * s;
          const im = real[lower]! * s + imaginary[lower]! * c;
          real[lower] = real[upper]! - re;
          imaginary[lower] = imaginary[upper]! - im;
          real[upper] = real[upper]! + re;
          imaginary[upper] = imaginary[upper]! + im;
        }
      }
    }
    for (let bin = 0; bin < power.length; bin++) {
      power[bin] = real[bin]! * real[bin]! + imaginary[bin]! * imaginary[bin]!;
    }
    return power;
  };
}

function bitReversed(length: number): Uint32Array {
  const order = new Uint32Array(length);
  for (let index = 1; index < length; index++) {
    order[index] = (order[index >> 1]! >> 1) + (index & 1 ? length / 2 : 0);
  }
  return order;
}
