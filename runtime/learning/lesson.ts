// A lesson is a transaction: some examples are held out, the rest are learned together with old ones,
// and the new weights, a little short of those learned, stand only if they help on those held out and
// harm none of the old ones that are held back. Otherwise the weights from before do, bit for bit.
import type { Activation, Engine } from '../engine.ts';
import { EngineError, InputError } from '../errors.ts';
import { inferShapes } from '../graph/graph.ts';
import { copyParameters, overwriteParameters } from '../graph/parameters.ts';
import type { Parameters } from '../graph/parameters.ts';
import { sizeOf } from '../graph/shape.ts';
import { loaded } from '../loaded.ts';
import type { PackageContent } from '../package/content.ts';
import { judge } from './accuracy.ts';
import type { Judgement } from './accuracy.ts';
import { joinExamples, pickExamples, selectSamples, sequenceOf } from './examples.ts';
import type { SplitExamples } from './examples.ts';
import { accuraciesOf, whyNoClass, whyNot } from './gate.ts';
import type { Accuracies } from './gate.ts';
import { layoutOf } from './layout.ts';
import { learnSteps } from './lesson-steps.ts';
import type { StepOptions } from './lesson-steps.ts';

export interface LessonOptions extends StepOptions {
  /** Fraction of each class held out for the gate, 0 to 0.5; default 0.2. */
  readonly holdout?: number;
  /** Of the way from the old weights to those learned, 0 to 1: less forgets less, and learns less; default 0.9. */
  readonly share?: number;
  /** `always` keeps the new weights whatever the held-out examples say; default `improved`. */
  readonly keep?: 'improved' | 'always';
}

export interface LessonReport extends Accuracies {
  readonly samples: number;
  /** Examples that judged the lesson; 0 means that all were learned and judged it themselves. */
  readonly holdout: number;
  readonly steps: number;
  /** Examples of earlier lessons that judged this one too. */
  readonly oldHoldout: number;
  readonly kept: boolean;
  /** Why it was not kept; null where it was. */
  readonly cause: string | null;
}

/** What is to be learned; a thread can be sent one. */
export interface LessonRequest {
  readonly fresh: SplitExamples;
  readonly old: SplitExamples;
  /** Output row of the class that `fresh` are the first examples of; null where it is no new one. */
  readonly newClass: number | null;
  /** Steps learned in earlier lessons; goes into the rounding noise. */
  readonly firstStep: number;
}

/** What a lesson works on; `parameters` are the arrays the engine was opened with. */
export interface Lesson {
  readonly engine: Engine;
  readonly content: Pick<PackageContent, 'model' | 'modules' | 'plan' | 'feedback'>;
  readonly parameters: Parameters;
}

/**
 * Learns what is asked for and updates `lesson.parameters` in place, or leaves them bit for bit as they
 * were: when the gate says no, when `signal` is aborted, and when anything throws.
 */
export async function runLesson(
  lesson: Lesson,
  { fresh, old, newClass, firstStep }: LessonRequest,
  options: LessonOptions = {},
): Promise<LessonReport> {
  const { engine, content, parameters } = lesson;
  const { share = 0.9 } = options;
  if (!(share >= 0 && share <= 1)) throw new InputError(`share: expected 0 to 1, got ${share}`);
  const shapes = inferShapes(content.model.graph);
  const size = sizeOf(shapes[0]!);
  const form = { size, steps: shapes[0]![0] };
  const examples = joinExamples(fresh, old);
  const those = (held: 0 | 1, isOld: boolean): number[] =>
    examples.held.flatMap((each, i) =>
      each === held && i >= fresh.held.length === isOld ? [i] : [],
    );
  const [training, holdout, rehearsed] = [those(0, false), those(1, false), those(0, true)];
  const ownJudges = pickExamples(examples, size, holdout.length > 0 ? holdout : training);
  const oldJudges = pickExamples(examples, size, those(1, true));
  const judgeBoth = async (): Promise<readonly [own: Judgement, old: Judgement]> => [
    await judge(engine, ownJudges, form),
    await judge(engine, oldJudges, form),
  ];
  const before = copyParameters(parameters);
  try {
    const [ownBefore, oldBefore] = await judgeBoth();
    if (newClass !== null) {
      const { imprintClass } = await loaded('lesson', () => import('./head.ts'));
      const upload = (index: number): Activation =>
        engine.upload(
          selectSamples(examples.samples, size, [index]),
          1,
          sequenceOf(examples, form.steps, [index]),
        );
      const row = { row: newClass, training, rehearsed, upload };
      const refusal = await imprintClass(lesson, row);
      if (refusal !== null) throw new EngineError(`addClass: ${refusal}`);
    }
    const course = {
      engine,
      layout: layoutOf(content.plan, content.modules, content.feedback),
      plan: content.plan,
      classes: shapes.at(-1)![2],
      ...form,
      examples,
      training,
      rehearsed,
      firstStep,
    };
    // A new class learned without others would make everything its own.
    const isAlone = newClass !== null && rehearsed.length === 0;
    const start = newClass === null ? before : copyParameters(parameters);
    const steps = isAlone ? 0 : await learnSteps(course, options);
    await engine.pull();
    goBack(parameters, start, share);
    await engine.push();
    const [ownAfter, oldAfter] = await judgeBoth();
    const own = { before: ownBefore, after: ownAfter };
    const older = { before: oldBefore, after: oldAfter };
    const refusal = newClass === null ? whyNot(own, older) : whyNoClass(own, older);
    const cause = options.signal?.aborted ? 'aborted' : options.keep === 'always' ? null : refusal;
    const kept = cause === null;
    if (!kept) await restore(engine, parameters, before);
    return {
      samples: fresh.held.length,
      holdout: holdout.length,
      steps,
      ...accuraciesOf(own, older),
      oldHoldout: oldJudges.held.length,
      kept,
      cause,
    };
  } catch (error) {
    await restore(engine, parameters, before);
    throw error;
  }
}

/** Leaves `share` of the way from the weights `before`: round(B + share * (W - B)), halves up, of each W. */
function goBack(parameters: Parameters, before: Parameters, share: number): void {
  for (const [node, learned] of parameters) {
    for (const name of ['weights', 'bias'] as const) {
      const old = before.get(node)![name];
      learned[name].forEach((value, i, all) => {
        all[i] = Math.round(old[i]! + share * (value - old[i]!));
      });
    }
  }
}

async function restore(engine: Engine, parameters: Parameters, before: Parameters): Promise<void> {
  overwriteParameters(parameters, before);
  await engine.push();
}
