// What a task is: a base model, and people whose data differs from what it was trained on. A task is
// one file beside this one and one line in table.ts.
import type { Calibration, ImportedModel } from '#exporters';

/** `x` holds one float32 sample [height, width, channels] after another, `y` a class for each. */
export interface LabelledSamples {
  readonly x: Float32Array;
  readonly y: Uint8Array;
}

/** One person, and the draw of their samples, of their order and of random feedback. */
export interface Owner {
  readonly user: string;
  readonly seed: number;
}

export interface OwnerData {
  /** Learned from; none of them is tested on. */
  readonly train: LabelledSamples;
  readonly test: LabelledSamples;
  /** Like what the base model was trained on: what is forgotten is measured here. Null where there is none. */
  readonly original: LabelledSamples | null;
}

export interface BaseModel {
  /** Owners of the same key have the same model. */
  readonly key: string;
  /** Its samples are channels last here, whatever the file's layout. */
  readonly imported: ImportedModel;
  /** What the exporter sees: no sample of any owner's. */
  calibration(): Calibration;
}

export interface Task {
  readonly name: string;
  readonly title: string;
  /** One paragraph: the base model, what a user is, how many samples are learned from and tested on. */
  readonly describes: string;
  /** Everything is chosen on these. */
  readonly tuningUsers: readonly string[];
  /** Nothing is chosen by looking at these. */
  readonly users: readonly string[];
  /** The base model has recurrent layers; default no. */
  readonly isRecurrent?: boolean;
  /** Of `users`, how many the quick benchmark takes; 0 leaves the task to --full. */
  readonly quickUsers: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** What is not here and needed, in words, or null. */
  missing(): string | null;
  /** Makes what baseModel reads and no file holds; called once before anything is measured. */
  make?(): Promise<void>;
  baseModel(owner: Owner): BaseModel;
  data(owner: Owner): OwnerData;
}
