// Which feedback reaches which value of which module, checked once.
import type { EngineInput } from '../engine.ts';
import { InputError } from '../errors.ts';
import { inferShapes, isLayer } from '../graph/graph.ts';
import type { ValueId } from '../graph/graph.ts';
import type { Module } from '../graph/module.ts';
import { showShape } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import type { Feedback, FeedbackSource, Plan, Rule } from '../learning/plan.ts';
import type { FeedbackCall } from './feedback.ts';

export interface ModuleFeedback {
  readonly rule: 'feedback-local' | 'feedback-direct';
  readonly source: FeedbackSource;
  readonly sourceShape: Shape;
  /** By the value it gives the gradient of. */
  readonly calls: ReadonlyMap<ValueId, FeedbackCall>;
}

/** One per module; null for modules that the plan does not train by feedback. */
export function feedbackByModule(input: EngineInput): readonly (ModuleFeedback | null)[] {
  const shapes = inferShapes(input.model.graph);
  return input.modules.map((module, index) => {
    const rule = input.plan.rules[index]!;
    if (rule !== 'feedback-local' && rule !== 'feedback-direct') return null;
    const feedbacks = input.feedback.filter((feedback) => reaches(feedback, module, rule, input));
    if (feedbacks.length === 0) {
      throw new InputError(
        `${module.name}: expected a feedback for rule ${rule}, got none; export with feedback or choose another rule`,
      );
    }
    const { source } = feedbacks[0]!;
    requireRule(module, rule, source);
    const sourceShape = shapeOfSource(source, module, shapes, input);
    const calls = new Map<ValueId, FeedbackCall>();
    for (const feedback of feedbacks) {
      if (feedback.source !== source || calls.has(feedback.target)) {
        throw new InputError(
          `${module.name}: expected one feedback per value and one source, got more`,
        );
      }
      const call = {
        feedback,
        name: nameOf(feedback, input),
        sourceShape,
        targetShape: shapes[feedback.target]!,
      };
      requireShapes(call);
      calls.set(feedback.target, call);
    }
    return { rule, source, sourceShape, calls };
  });
}

/** Whether some module before `from` learns from the gradient there: by replay, or by feedback from the tail. */
export function gradientIsUsedBefore(
  from: number,
  { rules }: Plan,
  feedback: readonly (Pick<ModuleFeedback, 'source'> | null)[],
): boolean {
  return feedback
    .slice(0, from)
    .some((own, module) => (own === null ? rules[module] !== 'frozen' : own.source !== 'logits'));
}

/** `feedback-local` takes the feedback of the module's end, `feedback-direct` those of its layers. */
function reaches(
  { target }: Feedback,
  { from, to }: Module,
  rule: Rule,
  input: EngineInput,
): boolean {
  if (rule === 'feedback-local') return target === to;
  return target > from && target <= to && isLayer(input.model.graph.nodes[target - 1]!);
}

function nameOf({ target }: Feedback, input: EngineInput): string {
  return `feedback of ${input.model.graph.nodes[target - 1]!.name}`;
}

function shapeOfSource(
  source: FeedbackSource,
  module: Module,
  shapes: readonly Shape[],
  { modules, plan }: EngineInput,
): Shape {
  if (source === 'logits') return shapes.at(-1)!;
  if (source === 'module') return shapes[module.to]!;
  const tail = plan.rules.indexOf('exact');
  if (tail === -1) {
    throw new InputError(
      `${module.name}: expected an exact tail, since its feedback is taken from there, got none`,
    );
  }
  return shapes[modules[tail]!.from]!;
}

function requireRule(module: Module, rule: Rule, source: FeedbackSource): void {
  if (source !== 'module' || rule === 'feedback-direct') return;
  throw new InputError(
    `${module.name}: expected rule feedback-direct for source module, got ${rule}`,
  );
}

function requireShapes({ feedback, name, sourceShape, targetShape }: FeedbackCall): void {
  const { source, grid, kernel, groups, matrix, scales } = feedback;
  if (source === 'logits' && sourceShape[0] > 1) {
    throw new InputError(
      `${name}: expected logits of one position as its source, got ${showShape(sourceShape)}; take it from the tail`,
    );
  }
  const [height, width, channels] = source === 'logits' ? [...grid, sourceShape[2]] : sourceShape;
  const rows = source === 'logits' ? grid[0] * grid[1] * targetShape[2] : targetShape[2];
  const size = (rows * kernel * kernel * channels) / groups;
  const fits =
    grid[0] === height &&
    grid[1] === width &&
    scales.length === rows &&
    matrix.length === size &&
    rows % groups === 0 &&
    kernel % 2 === 1 &&
    (source !== 'logits' || (kernel === 1 && groups === 1));
  if (fits) return;
  throw new InputError(
    `${name}: expected an odd kernel, grid ${height}x${width}, ${rows} rows and ${size} entries from ${source} ${showShape(sourceShape)}, ` +
      `got kernel ${kernel}, grid ${grid.join('x')}, ${scales.length} rows and ${matrix.length} entries`,
  );
}
