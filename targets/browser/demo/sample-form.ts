// What a package takes, and how the page gives it: a drawing, or a picture from a camera.
import { UnsupportedError } from '#runtime';
import type { PackageContent } from '#runtime';

/** Side of the drawings that this page makes as MNIST did. */
const drawnSide = 28;

export interface SampleForm {
  readonly kind: 'drawing' | 'picture';
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Pixels [height, width, channels], 0 to 255, as a sample that the learner takes. */
  sampleOf(pixels: Uint8Array): Float32Array;
}

/** Throws UnsupportedError where the package takes neither drawings nor pictures. */
export function sampleFormOf({ model, input }: PackageContent): SampleForm {
  const [height, width, channels] = model.graph.inputShape;
  const isDrawing = channels === 1 && height === drawnSide && width === drawnSide;
  if (!isDrawing && (channels !== 3 || Math.min(height, width) < 8)) {
    throw new UnsupportedError(
      `package: expected one that takes drawings (28x28x1) or pictures (3 channels), got ${height}x${width}x${channels}; use it from a program, with onward/browser`,
    );
  }
  const { scale = 1, zeroPoint = 0 } = model.quantization[0] ?? {};
  const [mean = 0, deviation = 1] = [input.mean[0], input.deviation[0]];
  // A model of 0..1 could not tell 16 from 255; one of 0..255 would take 1 for black.
  const largest = (255 - zeroPoint) * scale * deviation + mean;
  const unit = largest < 16 ? 255 : 1;
  const [positions, depth] = [height * width, channels === 3 ? 3 : 1] as const;
  const isPlanar = input.layout === 'nchw';
  return {
    kind: isDrawing ? 'drawing' : 'picture',
    height,
    width,
    channels: depth,
    sampleOf(pixels) {
      const sample = new Float32Array(pixels.length);
      for (const [index, value] of pixels.entries()) {
        const [position, channel] = [Math.floor(index / depth), index % depth];
        sample[isPlanar ? channel * positions + position : index] = value / unit;
      }
      return sample;
    },
  };
}
