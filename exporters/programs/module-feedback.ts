// Which feedback reaches which value of a module.
import { feedbackOf, inferShapes, InputError, isLayer } from '#runtime';
import type { Shape, ValueId } from '#runtime';

import type { FeedbackSite } from './feedback-gradient.ts';
import type { ProgramSource } from './program-frame.ts';

export interface ModuleFeedback {
  readonly sourceShape: Shape;
  /** By the value it gives the gradient of. */
  readonly sites: ReadonlyMap<ValueId, FeedbackSite>;
}

/**
 * `feedback-local` takes the feedback of the module's end, `feedback-direct` those of its layers.
 * Throws InputError where the plan wants a feedback that the package lacks.
 */
export function moduleFeedback(source: ProgramSource, module: number): ModuleFeedback {
  const { model, modules, plan, feedback } = source;
  const own = modules[module]!;
  const isLocal = plan.rules[module] === 'feedback-local';
  const shapes = inferShapes(model.graph);
  const reaching = feedbackOf(own, feedback).filter(({ target }) =>
    isLocal ? target === own.to : isLayer(model.graph.nodes[target - 1]!),
  );
  if (reaching.length === 0) {
    throw new InputError(
      `${own.name}: expected a feedback for rule ${plan.rules[module]}, got none; export with feedback or choose another rule`,
    );
  }
  const tail = modules[plan.rules.indexOf('exact')]?.from ?? 0;
  const from = { logits: shapes.length - 1, tail, module: own.to }[reaching[0]!.source];
  const sourceShape = shapes[from]!;
  const sites = reaching.map((each): [ValueId, FeedbackSite] => {
    const index = feedback.indexOf(each);
    return [each.target, { feedback: each, index, sourceShape, targetShape: shapes[each.target]! }];
  });
  return { sourceShape, sites: new Map(sites) };
}
