// What option values may be. A wrong one is wrong use of the command: exit code 2.
import { InvalidArgumentError } from 'commander';

import type { SoundDescription } from '#runtime';

type SixNumbers = [number, number, number, number, number, number];

/** Parses a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
  };
}

/** Parses a number above 0 and at most `most`. */
export function positiveNumber(most: number = Infinity): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (number > 0 && number <= most && Number.isFinite(number)) return number;
    throw new InvalidArgumentError(
      most === Infinity
        ? 'Expected a number above 0.'
        : `Expected a number above 0, at most ${most}.`,
    );
  };
}

/** Parses a number from 0 to `most`. */
export function fraction(most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== '' && number >= 0 && number <= most) return number;
    throw new InvalidArgumentError(`Expected a number from 0 to ${most}.`);
  };
}

/** Parses the six numbers of log-mel features: 8000,256,128,60,4000,60. */
export function soundDescription(text: string): SoundDescription {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.length !== 6 || !numbers.every(Number.isFinite)) {
    throw new InvalidArgumentError('Expected six numbers, such as 8000,256,128,60,4000,60.');
  }
  const [sampleRate, frameLength, hop, lowest, highest, decibels] = numbers as SixNumbers;
  return { sampleRate, frameLength, hop, lowest, highest, decibels };
}

/** Parses numbers separated by commas, one per channel. */
export function numberList(text: string): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.every(Number.isFinite)) return numbers;
  throw new InvalidArgumentError('Expected numbers separated by commas, one per channel.');
}
