// Examples as bytes, one record after another: the label with its length, where it came from, and the
// pixels, 0 to 255, as many as the model's input has values. The build writes them, and the page keeps
// its examples so.
import { FormatError } from '#runtime';

const origins = ['own', 'person'] as const;

export interface Example {
  readonly label: string;
  /** Made here, or the bundled person's. */
  readonly origin: (typeof origins)[number];
  /** [height, width, channels]: ink of a drawing, colours of a picture. */
  readonly pixels: Uint8Array;
}

export function encodeExamples(examples: readonly Example[]): Uint8Array<ArrayBuffer> {
  const parts = examples.flatMap(({ label, origin, pixels }) => {
    const name = new TextEncoder().encode(label).subarray(0, 255);
    return [Uint8Array.of(name.length), name, Uint8Array.of(origins.indexOf(origin)), pixels];
  });
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Throws FormatError for bytes that are no whole number of examples of `pixelCount` pixels. */
export function decodeExamples(bytes: Uint8Array, pixelCount: number): Example[] {
  const examples: Example[] = [];
  for (let at = 0; at < bytes.length;) {
    const pixelsAt = at + 2 + (bytes[at] ?? 0);
    const label = new TextDecoder().decode(bytes.subarray(at + 1, pixelsAt - 1));
    const origin = origins[bytes[pixelsAt - 1] ?? origins.length];
    at = pixelsAt + pixelCount;
    if (origin === undefined || at > bytes.length) {
      throw new FormatError(
        `examples[${examples.length}]: expected ${pixelCount} pixels and where they are from, got an end after ${bytes.length} bytes`,
      );
    }
    examples.push({ label, origin, pixels: bytes.slice(pixelsAt, at) });
  }
  return examples;
}
