// What every reader makes of a user's files.
import type { InputDescription, Shape } from '#runtime';

/** Values of all samples together: 256 MiB as float32, far beyond a lesson. */
export const mostValues: number = 2 ** 26;

/** Samples of one owner. */
export interface Samples {
  /** Values of all samples, one sample after another. */
  readonly x: Float32Array<ArrayBuffer>;
  /** Number of samples, then the shape of one. */
  readonly shape: readonly number[];
  /** Steps of each sample, the first ones of its row; absent where all are whole. */
  readonly lengths?: readonly number[];
  /**
   * A class each, by index or by name; absent where the files name none. Of sequences also as many a sample as
   * it has steps: -1 or '' where one is not judged, and after its last.
   */
  readonly y?: readonly number[] | readonly string[];
  /** Whose sample it is, where the files say so. */
  readonly user?: readonly number[] | readonly string[];
  /** Where each sample came from, for files of one sample each. */
  readonly names?: readonly string[];
}

/** What a package expects of a sample. */
export interface SampleForm {
  readonly shape: Shape;
  readonly layout: InputDescription['layout'];
  /** Largest value the model can tell from a larger one. */
  readonly largest: number;
  /** Of sound, in hertz; null where the package does not say. */
  readonly sampleRate: number | null;
  /** Features that sounds become; null where the package takes none. */
  readonly sound: InputDescription['sound'];
}

/** Height, width and channels in the order in which a sample of this form is stored. */
export function storedShape({ shape, layout }: SampleForm): readonly number[] {
  const [height, width, channels] = shape;
  return layout === 'nhwc' ? [height, width, channels] : [channels, height, width];
}
