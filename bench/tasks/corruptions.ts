// What happens to a camera's images: noise, blur, contrast, JPEG, each in five severities as in
// Hendrycks and Dietterich (2019), "Benchmarking Neural Network Robustness to Common Corruptions", at
// the strengths that make sense for 32 x 32 pixels.
import { decode, encode } from 'jpeg-js';

export const corruptionNames = ['noise', 'blur', 'contrast', 'jpeg'] as const;
export type CorruptionName = (typeof corruptionNames)[number];

/** uint8 [height, width, 3], 0..255. */
export interface Image {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Per severity 1 to 5. */
const strengths: { readonly [Name in CorruptionName]: readonly number[] } = {
  /** Standard deviation, of 255. */
  noise: [8, 14, 20, 28, 38],
  /** Standard deviation of the Gaussian, pixels. */
  blur: [0.6, 0.8, 1, 1.3, 1.7],
  /** Factor on the distance from the image's mean. */
  contrast: [0.6, 0.45, 0.3, 0.2, 0.12],
  /** Quality of the JPEG encoder. */
  jpeg: [50, 30, 20, 12, 7],
};

/** A new image. `uniform(i)` gives numbers in 0..1 and fixes the noise. Severity is 1 to 5. */
export function corrupted(
  image: Image,
  name: CorruptionName,
  severity: number,
  uniform: (counter: number) => number,
): Uint8Array {
  const strength = strengths[name][severity - 1];
  if (strength === undefined) {
    throw new RangeError(`${name}: expected severity 1 to 5, got ${severity}`);
  }
  if (name === 'noise') return noisy(image, strength, uniform);
  if (name === 'blur') return blurred(image, strength);
  if (name === 'contrast') return faded(image, strength);
  return compressed(image, strength);
}

// The sum of four uniform draws, scaled to variance 1, is close to normal.
function noisy({ data }: Image, deviation: number, uniform: (counter: number) => number) {
  return data.map((value, index) => {
    let sum = -2;
    for (let draw = 0; draw < 4; draw++) sum += uniform(4 * index + draw);
    return clamp(value + deviation * Math.sqrt(3) * sum);
  });
}

/** A Gaussian along rows, then along columns; the border repeats. */
function blurred(image: Image, deviation: number): Uint8Array {
  const radius = Math.ceil(3 * deviation);
  const taps = Array.from({ length: 2 * radius + 1 }, (_, index) =>
    Math.exp(-((index - radius) ** 2) / (2 * deviation ** 2)),
  );
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  const kernel = taps.map((tap) => tap / total);
  const rows = alongAxis(Float64Array.from(image.data), image, kernel, 'x');
  return Uint8Array.from(alongAxis(rows, image, kernel, 'y'), clamp);
}

function alongAxis(
  values: Float64Array,
  { height, width }: Image,
  kernel: readonly number[],
  axis: 'x' | 'y',
): Float64Array {
  const radius = (kernel.length - 1) / 2;
  return values.map((_, index) => {
    const channel = index % 3;
    const [x, y] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
    return kernel.reduce((sum, tap, k) => {
      const column = axis === 'x' ? Math.min(width - 1, Math.max(0, x + k - radius)) : x;
      const row = axis === 'y' ? Math.min(height - 1, Math.max(0, y + k - radius)) : y;
      return sum + tap * values[(row * width + column) * 3 + channel]!;
    }, 0);
  });
}

function faded({ data }: Image, factor: number): Uint8Array {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return data.map((value) => clamp(mean + factor * (value - mean)));
}

function compressed({ data, height, width }: Image, quality: number): Uint8Array {
  const rgba = new Uint8Array(4 * height * width).fill(255);
  for (let index = 0; index < data.length; index++) {
    rgba[4 * Math.floor(index / 3) + (index % 3)] = data[index]!;
  }
  const file = encode({ data: rgba, height, width }, quality).data;
  return decode(file, { useTArray: true, formatAsRGBA: false }).data;
}

function clamp(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}
