import type { Engine } from './engine.ts';
// The user's object on the device: predicts, learns in lessons, remembers what was kept.
// It predicts with an engine of its own, so that a lesson running elsewhere never shows half-learned
// weights, and hands lessons to `teach`, which a target runs in place or in a worker thread.
import { EngineError, FormatError, InputError } from './errors.ts';
import { isRecurrent } from './graph/graph.ts';
import { copyParameters, overwriteParameters } from './graph/parameters.ts';
import type { Parameters } from './graph/parameters.ts';
import { sizeOf } from './graph/shape.ts';
import type { LearnerStream } from './learner-stream.ts';
import { classesOf, positionsOf } from './learning/class-index.ts';
import type { Label, LabelForm, Labels } from './learning/class-index.ts';
import { noExamples, splitExamples } from './learning/examples.ts';
import type { Examples, SplitExamples } from './learning/examples.ts';
import { quantizeAll } from './learning/input.ts';
import type { SampleFormat } from './learning/input.ts';
import type { LessonOptions, LessonReport, LessonRequest } from './learning/lesson.ts';
import { logitsOf } from './learning/logits-of.ts';
import { logitPositions, outputRows, predictionAt } from './learning/prediction.ts';
import type { Prediction } from './learning/prediction.ts';
import { remember, withoutClass, withoutThese } from './learning/remember.ts';
import { loaded } from './loaded.ts';
import { text } from './package/check.ts';
import type { PackageContent } from './package/content.ts';
import type { Learned } from './state/recover.ts';
import { noLesson } from './state/state.ts';
import type { LessonRecord, State } from './state/state.ts';
import { unlessDamaged } from './state/unless-damaged.ts';

/** Samples of one owner as a caller holds them: values one sample after another, and a class each. */
export interface LabelledSamples {
  /**
   * In the layout of the package's input description, any number of samples, or one array a sample; of a
   * model with recurrent layers these may have fewer steps than its sequences.
   */
  readonly x: ArrayLike<number> | readonly ArrayLike<number>[];
  /**
   * Class indices, or labels by name. Of a model with logits of every step one for each step, sample after
   * sample or one array a sample; null at a step that is not judged.
   */
  readonly y: Labels;
}

export interface KeptLesson extends LessonReport {
  /** Names the lesson in the history and for undo; null where it was not kept. */
  readonly id: string | null;
}

/** Runs one lesson from the given parameters; resolves with the new ones where it was kept. */
export type Teach = (
  request: LessonRequest & { readonly parameters: Parameters },
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
  /** Opens an engine for a stream, on parameters of its own. */
  readonly openEngine: (parameters: Parameters) => Promise<Engine>;
  /** What was learned before; on a memoryStorage, it is forgotten when the learner is closed. */
  readonly state: State;
  /** Bytes of old examples to keep, for rehearsal and to judge by; default 256 KiB. */
  readonly rehearsalBytes?: number | undefined;
}

export class Learner implements AsyncDisposable {
  readonly content: PackageContent;
  readonly #parts: LearnerParts;
  readonly #format: SampleFormat;
  readonly #size: number;
  readonly #areSequences: boolean;
  /** Of the logits. */
  readonly #positions: number;
  #isChanging = false;
  /** Counts changes of the weights. */
  #version = 0;

  constructor(parts: LearnerParts) {
    this.#parts = parts;
    this.content = parts.content;
    const { model, input } = parts.content;
    this.#format = {
      shape: model.graph.inputShape,
      quantization: model.quantization[0]!,
      description: input,
    };
    this.#size = sizeOf(this.#format.shape);
    this.#areSequences = model.graph.nodes.some((node) => isRecurrent(node));
    this.#positions = logitPositions(parts.content);
    const { labels, examples } = parts.state;
    this.#check({ labels, examples, parameters: parts.parameters });
  }

  /** The package's classes, then those added here. */
  get labels(): readonly string[] {
    return [...this.content.labels, ...this.#parts.state.labels];
  }

  /** Name of the engine that predicts. */
  get engine(): string {
    return this.#parts.engine.name;
  }

  /**
   * Class of one sample; of its last step where the model has logits of every step. Throws InputError for a
   * wrong length or values that are not finite.
   */
  async predict(sample: ArrayLike<number>): Promise<Prediction> {
    const predictions = await this.predictAll([sample]);
    return predictions[0]!;
  }

  /** Classes of many samples, in order; computed 16 at a time. */
  async predictAll(samples: LabelledSamples['x']): Promise<Prediction[]> {
    const predictions = await this.#predict(samples, () => 1);
    return predictions.map(([last]) => last!);
  }

  /** Class of each step of one sample, in order, for which the model has logits: of all, or of the last one. */
  async predictSteps(sample: ArrayLike<number>): Promise<Prediction[]> {
    const [steps] = await this.#predict([sample], (padding) =>
      positionsOf(this.#labelForm, padding),
    );
    return steps!;
  }

  /**
   * Learns from labelled samples; the new weights stand, on disk too, only if the lesson was kept.
   * One lesson at a time. Throws InputError for samples or labels that do not fit, EngineError where
   * the lesson failed; either way the old weights stand.
   */
  async learn({ x, y }: LabelledSamples, options: LessonOptions = {}): Promise<KeptLesson> {
    return this.#change(async () => {
      const { samples, padding } = this.#quantize(x);
      const labels = await this.#classes(y, samples.length / this.#size, padding);
      if (labels.every((label) => label < 0)) {
        throw new InputError('labels: expected at least one, got none; give the class of a step');
      }
      return this.#teach({ samples, labels, padding }, options, null);
    });
  }

  /**
   * Adds a class from samples of it, one or more: makes an output row of them, then learns them together
   * with old examples, if any are kept. Of fewer than ten none is held out, unless told. A lesson as any other. Throws InputError where the package has no
   * spare row left, where the label is taken or cannot be printed.
   */
  async addClass(
    label: string,
    x: LabelledSamples['x'],
    options: LessonOptions = {},
  ): Promise<KeptLesson> {
    return this.#change(async () => {
      const { samples, padding } = this.#quantize(x);
      const { labels: known } = this;
      const { whyNotAdd } = await loaded('addClass', () => import('./learning/head.ts'));
      const names = { label, known, isPrintable: isLabel(label) };
      const refusal = whyNotAdd(names, outputRows(this.content), this.#positions);
      if (refusal !== null) throw new InputError(`addClass: ${refusal}`);
      const labels = Array.from({ length: samples.length / this.#size }, () => known.length);
      // Of few, one held out would judge by chance, and be missed.
      const holdout = labels.length < 10 ? 0 : 0.2;
      return this.#teach({ samples, labels, padding }, { holdout, ...options }, label);
    });
  }

  /** Takes back a class that was added, whenever that was; what else was learned stays. Can be undone. */
  removeClass(label: string): Promise<string> {
    return this.#change(async () => {
      const { content } = this;
      const { removeRow, whyNotRemove } = await loaded(
        'removeClass',
        () => import('./learning/head.ts'),
      );
      const refusal = whyNotRemove(label, this.#parts.state.labels);
      if (refusal !== null) throw new InputError(`removeClass: ${refusal}`);
      const row = this.labels.indexOf(label);
      const { state } = this.#parts;
      const parameters = copyParameters(this.#parts.parameters);
      removeRow(content, parameters, row, this.labels.length);
      const id = await state.commit({ ...noLesson, cause: `class ${label} removed` }, parameters, {
        labels: state.labels.filter((each) => each !== label),
        examples: withoutClass(state.examples, row, this.#size),
      });
      await this.#adopt(parameters);
      return id;
    });
  }

  /**
   * Starts to predict and learn step by step, from the weights in use; what is learned there is kept by its
   * `keep`. Throws UnsupportedError, naming the node, for a model that cannot be run by steps.
   */
  async stream(): Promise<LearnerStream> {
    const { openStream, requireStepwise } = await loaded('stream', () => import('./sequences.ts'));
    requireStepwise(this.content.model.graph);
    const { engine, parameters, openEngine, state } = this.#parts;
    let version = this.#version;
    return openStream({
      content: this.content,
      labels: () => this.labels,
      examples: () => state.examples,
      engine,
      parameters,
      openEngine,
      firstStep: state.steps,
      commit: (outcome, learned) =>
        this.#change(async () => {
          if (version !== this.#version) {
            throw new EngineError(
              'keep: expected the weights that the stream started from, got others; start a new stream after a lesson, undo or reset',
            );
          }
          const id = await state.commit(outcome, learned);
          if (learned) await this.#adopt(learned);
          version = this.#version;
          return id;
        }),
    });
  }

  /** Lessons kept and refused, oldest first. */
  history(): readonly LessonRecord[] {
    return this.#parts.state.history();
  }

  /** Goes back to before the lesson `id`, by default the last kept one. Throws StateError if it is gone. */
  undo(id?: string): Promise<LessonRecord> {
    return this.#change(async () => {
      const { record, parameters } = await this.#parts.state.undo(id);
      await this.#adopt(parameters);
      return record;
    });
  }

  /** Goes back to the package's weights, labels and examples; can be undone. */
  reset(): Promise<void> {
    return this.#change(async () => this.#adopt(await this.#parts.state.reset()));
  }

  /** Erases all that was learned here, the examples kept and the history, for good. */
  forget(): Promise<void> {
    return this.#change(async () => this.#adopt(await this.#parts.state.forget()));
  }

  /** What was learned as the bytes of one file, for `load` here or on another device; with old examples unless told. */
  save({ examples = true }: { readonly examples?: boolean } = {}): Promise<
    Uint8Array<ArrayBuffer>
  > {
    return this.#parts.state.save(examples);
  }

  /**
   * Takes what `save` gave over what was learned here; can be undone. Throws FormatError for other
   * bytes, StateError for those of another package; either way nothing changes.
   */
  load(file: Uint8Array): Promise<void> {
    return this.#change(async () => {
      const { state } = this.#parts;
      await this.#adopt(await state.load(file, (learned) => this.#check(learned)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.engine[Symbol.asyncDispose]();
    await this.#parts.state[Symbol.asyncDispose]();
  }

  async #teach(
    examples: Examples,
    options: LessonOptions,
    label: string | null,
  ): Promise<KeptLesson> {
    const { parameters, teach, state, rehearsalBytes: bytes = 2 ** 18 } = this.#parts;
    const { holdout = 0.2, seed = 0 } = options;
    const size = this.#size;
    const fresh = splitExamples(examples, { size, fraction: holdout, seed });
    const old = withoutThese(state.examples, fresh, size);
    const newClass = label === null ? null : this.labels.length;
    const request = { parameters, fresh, old, newClass, firstStep: state.steps };
    const { report, parameters: learned } = await teach(request, options);
    const cause = report.cause ?? (label === null ? undefined : `class ${label} added`);
    const id = await state.commit({ ...report, cause }, learned, {
      labels: label === null ? state.labels : [...state.labels, label],
      examples: remember(old, fresh, { size, bytes, seed: state.seed }),
    });
    if (!learned) return { ...report, id: null };
    await this.#adopt(learned);
    return { ...report, id };
  }

  /** One change at a time: each starts from what the one before it left. */
  async #change<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isChanging) {
      throw new EngineError('learner: expected no other lesson running, got one; await it first');
    }
    this.#isChanging = true;
    try {
      return await work();
    } finally {
      this.#isChanging = false;
    }
  }

  async #adopt(learned: Parameters): Promise<void> {
    this.#version++;
    overwriteParameters(this.#parts.parameters, learned);
    await this.#parts.engine.push();
  }

  // A file says that it is of this package; nothing in it is trusted to be.
  #check({ labels, examples, parameters }: Learned): void {
    const classes = [...this.content.labels, ...labels];
    const { weightLimit } = this.content.model;
    const { samples, held, padding = [] } = examples;
    const steps = this.#areSequences ? this.#format.shape[0] : 1;
    const fits =
      new Set(classes).size === classes.length &&
      classes.length <= outputRows(this.content) &&
      samples.length === held.length * this.#size &&
      examples.labels.length === held.length * this.#positions &&
      examples.labels.every(
        (label) => label < classes.length && (label >= 0 || this.#positions > 1),
      ) &&
      (padding.length === 0 || padding.length === held.length) &&
      padding.every((own) => own < steps) &&
      Array.from(parameters.values()).every(({ weights }) =>
        weights.every((weight) => Math.abs(weight) <= weightLimit),
      );
    if (!fits) {
      throw new FormatError(
        'state: expected weights, labels and examples that fit the package, got others; use another file, or another place for the state',
      );
    }
  }

  get #labelForm(): LabelForm {
    return { names: this.labels, positions: this.#positions, steps: this.#format.shape[0] };
  }

  async #classes(y: Labels, count: number, padding?: readonly number[]): Promise<number[]> {
    if (this.#positions === 1) return classesOf(y as ArrayLike<Label>, count, this.labels);
    const { classIndices } = await loaded('learn', () => import('./sequences.ts'));
    return classIndices(y, count, this.#labelForm, padding);
  }

  #quantize(samples: LabelledSamples['x']): ReturnType<typeof quantizeAll> {
    return quantizeAll(samples, this.#format, this.#areSequences);
  }

  /** Of each sample, the predictions of its last positions. */
  async #predict(
    x: LabelledSamples['x'],
    wanted: (padding: number) => number,
  ): Promise<Prediction[][]> {
    const { samples, padding } = this.#quantize(x);
    const { labels } = this;
    const form = { size: this.#size, steps: this.#format.shape[0] };
    const logits = await logitsOf(this.#parts.engine, { samples, padding }, form);
    const count = samples.length / this.#size;
    const rows = logits.length / count / this.#positions;
    return Array.from({ length: count }, (_sample, n) => {
      const own = wanted(padding?.[n] ?? 0);
      const first = (n + 1) * this.#positions - own;
      return Array.from({ length: own }, (_, i) =>
        predictionAt(logits, (first + i) * rows, labels),
      );
    });
  }
}

function isLabel(label: string): boolean {
  return unlessDamaged(() => text(1, 256)(label, '')) !== null;
}

/** Those that a package brings, a quarter of each class to judge by. */
export function oldExamples(content: PackageContent): SplitExamples {
  const { model, examples } = content;
  if (logitPositions(content) > 1) return noExamples; // they have one label each
  const size = sizeOf(model.graph.inputShape);
  return splitExamples(examples, { size, fraction: 0.25, seed: 0 });
}
