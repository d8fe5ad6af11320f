import type { Engine } from './engine.ts';
// The user's object on the device: predicts, learns in lessons, remembers what was kept.
// It predicts with an engine of its own, so that a lesson running elsewhere never shows half-learned
// weights, and hands lessons to `teach`, which a target runs in place or in a worker thread.
import { EngineError, InputError } from './errors.ts';
import { inferShapes } from './graph/graph.ts';
import { overwriteParameters } from './graph/parameters.ts';
import type { Parameters } from './graph/parameters.ts';
import { sizeOf } from './graph/shape.ts';
import { argmax, softmax } from './learning/accuracy.ts';
import { checkLabels } from './learning/examples.ts';
import type { Examples } from './learning/examples.ts';
import { quantizeSamples } from './learning/input.ts';
import type { SampleFormat } from './learning/input.ts';
import type { LessonOptions, LessonReport } from './learning/lesson.ts';
import type { PackageContent } from './package/content.ts';
import type { LessonRecord, State } from './state/state.ts';

/** Samples of one owner as a caller holds them: values one sample after another, and a class each. */
export interface LabelledSamples {
  /** In the layout of the package's input description, any number of samples, or one array a sample. */
  readonly x: ArrayLike<number> | readonly ArrayLike<number>[];
  /** Class indices, or labels by name. */
  readonly y: ArrayLike<number | string>;
}

export interface Prediction {
  readonly label: string;
  /** Probability of `label`, 0 to 1. */
  readonly score: number;
  /** Probability of each class, in the order of the labels. */
  readonly scores: readonly number[];
}

export interface KeptLesson extends LessonReport {
  /** Names the lesson in the history and for undo; null where it was not kept. */
  readonly id: string | null;
}

/** Runs one lesson from the given parameters; resolves with the new ones where it was kept. */
export type Teach = (
  request: {
    readonly parameters: Parameters;
    readonly examples: Examples;
    readonly firstStep: number;
  },
  options: LessonOptions,
) => Promise<{
  readonly report: LessonReport;
  readonly parameters: Parameters | null;
}>;

export interface LearnerParts {
  readonly content: PackageContent;
  /** Predicts; reads and is pushed `parameters`. The learner disposes it. */
  readonly engine: Engine;
  /** The arrays the engine was opened with; the learner overwrites them with kept weights. */
  readonly parameters: Parameters;
  readonly teach: Teach;
  /** What was learned before; null for a learner that forgets when it is closed. */
  readonly state: State | null;
}

export class Learner implements AsyncDisposable {
  readonly content: PackageContent;
  readonly #parts: LearnerParts;
  readonly #format: SampleFormat;
  #steps: number;
  #lessons = 0;
  #learning = false;

  constructor(parts: LearnerParts) {
    this.#parts = parts;
    this.content = parts.content;
    this.#steps = parts.state?.steps ?? 0;
    const { model, input } = parts.content;
    this.#format = {
      shape: model.graph.inputShape,
      quantization: model.quantization[0]!,
      description: input,
    };
  }

  get labels(): readonly string[] {
    return this.content.labels;
  }

  /** Class of one sample. Throws InputError for a wrong length or values that are not finite. */
  async predict(sample: ArrayLike<number>): Promise<Prediction> {
    const predictions = await this.predictAll([sample]);
    return predictions[0]!;
  }

  /** Classes of many samples, in order; computed 16 at a time. */
  async predictAll(samples: LabelledSamples['x']): Promise<Prediction[]> {
    const quantized = quantizeAll(samples, this.#format);
    const size = sizeOf(this.#format.shape);
    const predictions: Prediction[] = [];
    for (let start = 0; start < quantized.length; start += 16 * size) {
      const chunk = quantized.subarray(start, start + 16 * size);
      const count = chunk.length / size;
      const logits = await this.#parts.engine.predict(chunk, count);
      for (let n = 0; n < count; n++) predictions.push(this.#describe(logits, n, count));
    }
    return predictions;
  }

  /**
   * Learns from labelled samples; the new weights stand, on disk too, only if the lesson was kept.
   * One lesson at a time. Throws InputError for samples or labels that do not fit, EngineError where
   * the lesson failed; either way the old weights stand.
   */
  async learn(samples: LabelledSamples, options: LessonOptions = {}): Promise<KeptLesson> {
    if (this.#learning) {
      throw new EngineError('learn: expected no other lesson running, got one; await it first');
    }
    const examples = this.#examples(samples);
    this.#learning = true;
    try {
      const { parameters, teach, state } = this.#parts;
      const request = { parameters, examples, firstStep: this.#steps };
      const { report, parameters: learned } = await teach(request, options);
      const id = await state?.commit(report, learned);
      this.#steps += report.steps;
      if (!learned) return { ...report, id: null };
      await this.#adopt(learned);
      this.#lessons++;
      return { ...report, id: id ?? `lesson-${this.#lessons}` };
    } finally {
      this.#learning = false;
    }
  }

  /** Lessons kept and refused, oldest first; empty without a state. */
  history(): readonly LessonRecord[] {
    return this.#parts.state?.history() ?? [];
  }

  /** Goes back to before the lesson `id`, by default the last kept one. Throws StateError if it is gone. */
  async undo(id?: string): Promise<LessonRecord> {
    const { state } = this.#parts;
    if (!state) {
      throw new InputError('undo: expected a learner with a state, got none; pass { state }');
    }
    const { record, parameters } = await state.undo(id);
    await this.#adopt(parameters);
    return record;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.engine[Symbol.asyncDispose]();
    await this.#parts.state?.[Symbol.asyncDispose]();
  }

  async #adopt(learned: Parameters): Promise<void> {
    overwriteParameters(this.#parts.parameters, learned);
    await this.#parts.engine.push();
  }

  #examples({ x, y }: LabelledSamples): Examples {
    const samples = quantizeAll(x, this.#format);
    const labels = Array.from(y, (label, index) => this.#classOf(label, index));
    checkLabels(labels, samples.length / sizeOf(this.#format.shape), this.labels.length);
    return { samples, labels };
  }

  #classOf(label: number | string, index: number): number {
    if (typeof label === 'number') return label;
    const found = this.labels.indexOf(label);
    if (found >= 0) return found;
    throw new InputError(
      `labels[${index}]: expected one of ${this.labels.slice(0, 20).join(', ')}, got ${JSON.stringify(label)}`,
    );
  }

  #describe(logits: Float32Array, index: number, count: number): Prediction {
    const rows = logits.length / count;
    const scores = softmax(logits, index * rows, this.labels.length);
    const best = argmax(logits, index * rows, this.labels.length);
    return { label: this.labels[best]!, score: scores[best]!, scores };
  }
}

/** Class count of a package: its output rows, spare ones included. */
export function outputRows({ model }: PackageContent): number {
  return inferShapes(model.graph).at(-1)![2];
}

function quantizeAll(samples: LabelledSamples['x'], format: SampleFormat): Uint8Array<ArrayBuffer> {
  if (samples.length > 0 && typeof samples[0] !== 'number') {
    const size = sizeOf(format.shape);
    const list = samples as readonly ArrayLike<number>[];
    const quantized = new Uint8Array(list.length * size);
    list.forEach((sample, index) => {
      if (sample.length !== size) {
        throw new InputError(`samples[${index}]: expected ${size} values, got ${sample.length}`);
      }
      quantized.set(quantizeSamples(sample, format), index * size);
    });
    return quantized;
  }
  return quantizeSamples(samples as ArrayLike<number>, format);
}
