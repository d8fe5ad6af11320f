// Digits as bytes, one record after another: the label, where it came from, and 28 x 28 pixels of
// ink, 0 to 255. The build writes them, and the page keeps its examples so.
import { FormatError } from '#runtime';

export const side = 28;
export const pixelCount = side * side;
const recordLength = 2 + pixelCount;
const origins = ['drawn', 'person'] as const;

export interface Digit {
  readonly label: number;
  /** Drawn here, or the bundled person's. */
  readonly origin: (typeof origins)[number];
  /** Ink, 0 to 255, row by row. */
  readonly pixels: Uint8Array;
}

export function encodeDigits(digits: readonly Digit[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(digits.length * recordLength);
  for (const [index, { label, origin, pixels }] of digits.entries()) {
    bytes.set([label, origins.indexOf(origin)], index * recordLength);
    bytes.set(pixels, index * recordLength + 2);
  }
  return bytes;
}

/** Throws FormatError for bytes that are no whole number of digits. */
export function decodeDigits(bytes: Uint8Array): Digit[] {
  if (bytes.length % recordLength !== 0) {
    throw new FormatError(
      `digits: expected a multiple of ${recordLength} bytes, got ${bytes.length}`,
    );
  }
  return Array.from({ length: bytes.length / recordLength }, (_, index) => {
    const [label = 0, origin = 0, ...pixels] = bytes.subarray(
      index * recordLength,
      (index + 1) * recordLength,
    );
    const known = origins[origin];
    if (label > 9 || known === undefined) {
      throw new FormatError(`digits[${index}]: expected a label from 0 to 9, got ${label}`);
    }
    return { label, origin: known, pixels: Uint8Array.from(pixels) };
  });
}

/** As the model takes it: 1 is ink. */
export function sampleOf({ pixels }: Pick<Digit, 'pixels'>): Float32Array {
  return Float32Array.from(pixels, (ink) => ink / 255);
}
