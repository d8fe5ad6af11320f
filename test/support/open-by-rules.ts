import { copyParameters, openKernelEngine } from '#runtime';
import type {
  Engine,
  Feedback,
  FeedbackSource,
  LayerParameters,
  Model,
  Module,
  Plan,
  Rule,
} from '#runtime';

import { randomFeedback } from './random-feedback.ts';

export interface OpenedByRules {
  readonly engine: Engine;
  /** The engine's own: it learns in them. */
  readonly parameters: ReadonlyMap<number, LayerParameters>;
  readonly plan: Plan;
  readonly feedback: readonly Feedback[];
}

/** The reference kernels on a copy of the model's weights; feedback, where the rules ask one, is random. */
export async function openByRules(
  { model, modules }: { readonly model: Model; readonly modules: readonly Module[] },
  rules: readonly Rule[],
  { source, seed, batchSize }: { source: FeedbackSource; seed: number; batchSize: number },
): Promise<OpenedByRules> {
  const plan = {
    rules,
    batchSize,
    epochs: 1,
    learningRate: 1,
    feedbackRatio: 1,
    clip: 1,
    recurrence: null,
  };
  const feedback = randomFeedback({ model, modules, rules }, { source }, seed);
  const parameters = copyParameters(model.layers);
  const own = { model, modules, plan, feedback, stateFeedback: [] };
  const engine = await openKernelEngine({ ...own, parameters, programs: new Map() });
  return { engine, parameters, plan, feedback };
}
