// Predicts and learns one time step at a time, for a sensor that never stops: the state is carried from
// step to step, and what is held does not grow. Two engines work on weights of their own: one predicts, the
// other learns from the last steps (learning/stream-window.ts), and its weights are taken over between two
// predictions. So a prediction never sees half a learning step, nor waits for more than one call of an engine.
//
// Each label judges two models before it is learned: the one at hand, and the one the learner has kept. From
// these pairs `keep` decides as the gate of a lesson does.
import type { Engine, SequenceEngine } from './engine.ts';
import { EngineError, InputError } from './errors.ts';
import { copyParameters, overwriteParameters } from './graph/parameters.ts';
import type { Parameters } from './graph/parameters.ts';
import { sizeOf } from './graph/shape.ts';
import type { KeptLesson } from './learner.ts';
import { judge } from './learning/accuracy.ts';
import { classesOf } from './learning/class-index.ts';
import type { Label } from './learning/class-index.ts';
import { pickExamples } from './learning/examples.ts';
import type { SplitExamples } from './learning/examples.ts';
import { accuraciesOf, whyNot } from './learning/gate.ts';
import { quantizeSamples } from './learning/input.ts';
import type { LessonOptions, LessonReport } from './learning/lesson.ts';
import { logitPositions, outputRows, predictionAt } from './learning/prediction.ts';
import type { Prediction } from './learning/prediction.ts';
import { learnWindow } from './learning/stream-step.ts';
import type { StreamLesson } from './learning/stream-step.ts';
import { StreamTally } from './learning/stream-tally.ts';
import { StreamWindow } from './learning/stream-window.ts';
import type { Window } from './learning/stream-window.ts';
import type { PackageContent } from './package/content.ts';
import type { LessonOutcome } from './state/state.ts';

/** The class of the last step; of a model with logits of every step also those of the last ones, null where not judged. */
export type StreamLabels = Label | readonly Label[];

export interface StreamOptions {
  /** For one label; default: the plan's over its batch size, so that a label moves the weights as far as a sample of a lesson does. */
  readonly learningRate?: number;
}

export interface StreamStep {
  /** Steps learned from, the last ones of the sequence. */
  readonly steps: number;
  /** Mean cross-entropy of the labels before they were learned, in nats; at most 16 of each. */
  readonly loss: number;
}

export interface StreamParts {
  readonly content: PackageContent;
  readonly labels: () => readonly string[];
  /** Those kept of earlier lessons; the ones held back judge what is to be kept. */
  readonly examples: () => SplitExamples;
  /** Predicts with the weights that were kept; not disposed here. */
  readonly engine: Engine;
  /** What to start from; not modified. */
  readonly parameters: Parameters;
  readonly openEngine: (parameters: Parameters) => Promise<Engine>;
  /** Steps learned before; goes into the rounding noise. */
  readonly firstStep: number;
  /** Notes a lesson, with the weights to keep if it is kept; resolves with its id. */
  readonly commit: (outcome: LessonOutcome, learned: Parameters | null) => Promise<string>;
}

/** Copies the parameters, twice. Throws EngineError where the engine does not run a model by steps. */
export async function openStream(parts: StreamParts): Promise<LearnerStream> {
  const own = async (): Promise<Own> => {
    const parameters = copyParameters(parts.parameters);
    return { parameters, engine: await parts.openEngine(parameters) };
  };
  const predicting = await own();
  try {
    return new LearnerStream(parts, requireSteps(predicting), await own());
  } catch (error) {
    await predicting.engine[Symbol.asyncDispose]();
    throw error;
  }
}

interface Own {
  readonly parameters: Parameters;
  readonly engine: Engine;
}

/** Made by `learner.stream()`. Pushes may overlap, and overlap learning; they take effect in order. */
export class LearnerStream implements AsyncDisposable {
  readonly #parts: StreamParts;
  readonly #predicting: Own & { readonly engine: SequenceEngine };
  readonly #learning: Own;
  readonly #positions: number;
  readonly #tally = new StreamTally();
  #window: StreamWindow;
  /** Learning steps since the stream was opened. */
  #learned = 0;
  /** What the history does not tell of yet. */
  #news = { steps: 0, samples: 0 };
  #queue: Promise<unknown> = Promise.resolve();
  #lesson: Promise<unknown> | null = null;
  #isClosed = false;

  constructor(parts: StreamParts, predicting: Own & { engine: SequenceEngine }, learning: Own) {
    this.#parts = parts;
    this.#predicting = predicting;
    this.#learning = learning;
    this.#positions = logitPositions(parts.content);
    this.#window = windowOf(parts.content);
  }

  /** Bytes of the steps and states held; within a bound that depends on the model alone. */
  get bytesHeld(): number {
    return this.#window.bytes;
  }

  /** The class after one more step, of `features` in the order of the package's input. Throws InputError for others. */
  async push(features: ArrayLike<number>): Promise<Prediction> {
    this.#requireOpen();
    const { content, labels } = this.#parts;
    const sample = quantizeStep(features, content);
    return this.#inTurn(async () => {
      const { engine } = this.#predicting;
      const { logits, state } = await engine.predictStep(sample, 1, this.#window.state);
      this.#window.push(sample, state);
      return predictionAt(logits, 0, labels());
    });
  }

  /**
   * Learns what the last step pushed so far is, by one learning step on the last steps. What is pushed after this call
   * is predicted meanwhile, with the weights before. Throws InputError for labels that do not fit; where it fails
   * the weights from before stand.
   */
  learn(labels: StreamLabels, { learningRate }: StreamOptions = {}): Promise<StreamStep> {
    return this.#alone(async () => {
      const { content, engine, firstStep } = this.#parts;
      const window = await this.#inTurn(async () => this.#window.last());
      if (window === null) throw new InputError('learn: expected a step, got none; push one first');
      const own = { labels: this.#classes(labels, window.length), classes: outputRows(content) };
      const kept = await engine.predict(window.samples, 1, window.sequence);
      const lesson = { ...own, learningRate, learned: this.#learned, firstStep };
      const logits = await this.#learnOrUndo(window, lesson);
      await this.#inTurn(async () => takeOver(this.#learning, this.#predicting));
      this.#learned++;
      this.#news.steps++;
      this.#news.samples += own.labels.filter((label) => label >= 0).length;
      return { steps: window.length, loss: this.#tally.add(kept, logits, own.labels) };
    });
  }

  /**
   * Keeps what was learned as a lesson of the learner, to be undone and safe from a crash, if it helped: over the
   * last labels, each judged before it was learned, more became right than wrong, and earlier examples held back
   * came to no harm. The stream goes on either way. Throws EngineError where the learner's weights changed meanwhile.
   */
  keep({ keep = 'improved' }: Pick<LessonOptions, 'keep'> = {}): Promise<KeptLesson> {
    return this.#alone(async () => {
      const { commit, engine, content, examples } = this.#parts;
      if (this.#news.steps === 0) {
        throw new EngineError('keep: expected something learned, got none; learn a label first');
      }
      const { inputShape } = content.model.graph;
      const [size, steps] = [sizeOf(inputShape), inputShape[0]];
      const old = examples();
      const held = pickExamples(
        old,
        size,
        old.held.flatMap((own, i) => (own === 1 ? [i] : [])),
      );
      const form = { size, steps };
      const own = this.#tally.judged;
      const older = {
        before: await judge(engine, held, form),
        after: await judge(this.#learning.engine, held, form),
      };
      const cause = keep === 'always' ? null : whyNot(own, older, 'the labels of the stream');
      const report: LessonReport = {
        ...this.#news,
        holdout: own.after.isRight.length,
        ...accuraciesOf(own, older),
        oldHoldout: held.held.length,
        kept: cause === null,
        cause,
      };
      const learned = report.kept ? copyParameters(this.#learning.parameters) : null;
      const id = await commit({ ...report, cause: cause ?? 'learned in a stream' }, learned);
      this.#news = { steps: 0, samples: 0 };
      if (report.kept) this.#tally.clear();
      return { ...report, id: report.kept ? id : null };
    });
  }

  /** Starts a new sequence, from the initial state; what was learned stays. */
  reset(): Promise<void> {
    return this.#inTurn(async () => {
      this.#window = windowOf(this.#parts.content);
    });
  }

  /** Forgets what was not kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#lesson?.catch(() => {}); // its caller has the error
    await this.#queue;
    await this.#predicting.engine[Symbol.asyncDispose]();
    await this.#learning.engine[Symbol.asyncDispose]();
  }

  async #learnOrUndo(window: Window, lesson: StreamLesson): Promise<Float32Array> {
    const { engine } = this.#learning;
    try {
      const logits = await learnWindow(engine, this.#parts.content, window, lesson);
      await engine.pull();
      return logits;
    } catch (error) {
      await takeOver(this.#predicting, this.#learning);
      throw error;
    }
  }

  /** One for each position of the logits, -1 where none is given: those given are of the last ones. */
  #classes(labels: StreamLabels, steps: number): number[] {
    const given: readonly Label[] = isList(labels) ? labels : [labels];
    const most = Math.min(this.#positions, steps);
    if (given.length > most || given.every((label) => label === null)) {
      throw new InputError(
        `learn: expected a label, of 1 to ${most} steps, got ${given.length}; give that of the last step`,
      );
    }
    const names = this.#parts.labels();
    const classes = given.map((label) => (label === null ? -1 : classesOf([label], 1, names)[0]!));
    return [...Array.from({ length: this.#positions - given.length }, () => -1), ...classes];
  }

  /** One after another, in the order of the calls. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {}); // its caller has the error
    return result;
  }

  async #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#requireOpen();
    if (this.#lesson) {
      throw new EngineError('stream: expected no other learning, got some; await it first');
    }
    const result = work();
    this.#lesson = result;
    try {
      return await result;
    } finally {
      this.#lesson = null;
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) {
      throw new EngineError('stream: expected an open stream, got one disposed; start a new one');
    }
  }
}

async function takeOver(from: Own, to: Own): Promise<void> {
  overwriteParameters(to.parameters, from.parameters);
  await to.engine.push();
}

function windowOf({ model, plan }: PackageContent): StreamWindow {
  const [steps, ...features] = model.graph.inputShape;
  // So that a window has at least half of the steps.
  const stride = Math.min(plan.recurrence?.exactSteps ?? 1, Math.ceil(steps / 2));
  return new StreamWindow({ steps, features: sizeOf([1, ...features]), stride });
}

function quantizeStep(features: ArrayLike<number>, content: PackageContent): Uint8Array {
  const { model, input: description } = content;
  const [, ...each] = model.graph.inputShape;
  const count = sizeOf([1, ...each]);
  if (features.length !== count) {
    throw new InputError(`push: expected ${count} values of one step, got ${features.length}`);
  }
  const quantization = model.quantization[0]!;
  return quantizeSamples(features, { shape: [1, ...each], quantization, description });
}

function requireSteps({ engine, ...own }: Own): Own & { readonly engine: SequenceEngine } {
  if ('predictStep' in engine) return { ...own, engine: engine as SequenceEngine };
  throw new EngineError(
    `stream: expected an engine that runs steps, got ${engine.name}; open the learner on another`,
  );
}

function isList(labels: StreamLabels): labels is readonly Label[] {
  return Array.isArray(labels);
}
