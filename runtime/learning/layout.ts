// Which module takes part in which phase of a step, worked out once per plan.
import { InputError } from '../errors.ts';
import { moduleOutput } from '../graph/module.ts';
import type { Module } from '../graph/module.ts';
import type { Feedback, FeedbackSource, Plan } from './plan.ts';

export interface StepLayout {
  /** First module that is not frozen: [0, trained) runs once per sample and its output may be kept. */
  readonly trained: number;
  /** [replay, tail) are re-forwarded from the tail down for the gradient at their end. */
  readonly replay: number;
  /** First module of the tail. */
  readonly tail: number;
  /** One past the last module trained by feedback. */
  readonly feedbackEnd: number;
  /** Per module: what its feedback reads; null where there is none. */
  readonly sources: readonly ('logits' | 'tail' | null)[];
  readonly feedbackRatio: number;
}

/** Throws InputError where rules and feedback do not make a step; the message names the module. */
export function layoutOf(
  plan: Plan,
  modules: readonly Module[],
  feedback: readonly Feedback[],
): StepLayout {
  const { rules } = plan;
  const tail = rules.indexOf('exact');
  if (rules.length !== modules.length || tail < 0 || rules.slice(tail).some((r) => r !== 'exact')) {
    throw new InputError(
      `plan: expected one rule for each of ${modules.length} modules, the last ones exact, got ${rules.join(', ')}`,
    );
  }
  const sourceOf = modules.map((module, index) =>
    moduleSource(plan, index, feedbackOf(module, feedback)),
  );
  const replayed = rules.map(
    (rule, index) => rule === 'exact-replay' || sourceOf[index] === 'module',
  );
  const replay = replayed.includes(true) ? replayed.indexOf(true) : tail;
  if (replayed.slice(replay, tail).includes(false)) {
    throw new InputError(
      `plan: expected the modules that need the gradient at their end to lie directly before the tail, got ${rules.join(', ')}`,
    );
  }
  const sources = sourceOf.map((source) => (source === 'module' ? null : source));
  return {
    trained: rules.findIndex((rule) => rule !== 'frozen'),
    replay,
    tail,
    feedbackEnd: sources.findLastIndex((source) => source !== null) + 1,
    sources,
    feedbackRatio: plan.feedbackRatio,
  };
}

/** The feedbacks that give a gradient inside a module or at its end. */
export function feedbackOf(module: Module, feedback: readonly Feedback[]): Feedback[] {
  return feedback.filter(({ target }) => target > module.from && target <= moduleOutput(module));
}

function moduleSource(plan: Plan, index: number, own: readonly Feedback[]): FeedbackSource | null {
  const rule = plan.rules[index]!;
  if (rule !== 'feedback-local' && rule !== 'feedback-direct') return null;
  const source = own[0]?.source;
  if (source === undefined || own.some((feedback) => feedback.source !== source)) {
    throw new InputError(
      `plan: expected module ${index} (${rule}) to have feedback from one source, got ${own.length} feedbacks; export again with this plan`,
    );
  }
  return source;
}
