// Which feedbacks a plan asks for, before their numbers are known.
import type { Feedback, FeedbackSource, Module, Rule, Shape, ValueId } from '#runtime';
import { InputError, inferShapes, isLayer } from '#runtime';

import type { FloatModel } from '../float/model.ts';
import type { PatchGeometry } from '../float/patches.ts';
import { flatGeometry, windowGeometry } from '../float/patches.ts';

/** A feedback without its matrix. */
export type FeedbackForm = Omit<Feedback, 'matrix' | 'scales'>;

export interface FeedbackNetwork {
  readonly model: FloatModel;
  readonly modules: readonly Module[];
  /** One per module, as in a plan; the tail starts at the first `exact` one. */
  readonly rules: readonly Rule[];
}

export interface FormOptions {
  /** `tail` by default. With `module`, modules of rule `feedback-local` still read the tail. */
  readonly source?: FeedbackSource;
  /** 1 by default, also for the logits, which have one position. */
  readonly kernel?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** Cells a side for source `logits`, 4 by default; fewer where the target is smaller. */
  readonly logitsGrid?: number;
}

/**
 * One per module of rule `feedback-local` (its end), one per layer in those of rule `feedback-direct`.
 * Throws InputError where kernel or groups do not fit.
 */
export function feedbackForms(
  network: FeedbackNetwork,
  { source = 'tail', kernel = 1, dilation = 1, groups = 1, logitsGrid = 4 }: FormOptions = {},
): FeedbackForm[] {
  const { model, modules, rules } = network;
  const shapes = inferShapes(model.graph);
  if (kernel % 2 !== 1) throw new InputError(`feedback: expected an odd kernel, got ${kernel}`);
  return modules.flatMap((module, index) =>
    targetsOf(network, module, rules[index]!).map((target): FeedbackForm => {
      const [height, width, channels] = shapes[target]!;
      if (source === 'logits') {
        const grid = [Math.min(logitsGrid, height), Math.min(logitsGrid, width)] as const;
        return { target, source, kernel: 1, dilation: 1, groups: 1, grid };
      }
      const own = rules[index] === 'feedback-local' ? 'tail' : source;
      const read = shapes[sourceValue(network, { target, source: own })]!;
      if (read[2] % groups !== 0 || channels % groups !== 0) {
        throw new InputError(
          `feedback of ${model.graph.nodes[target - 1]!.name}: expected channels divisible by ${groups} groups, ` +
            `got ${channels} from ${read[2]}`,
        );
      }
      const grid = [read[0], read[1]] as const;
      return { target, source: own, kernel, dilation, groups, grid };
    }),
  );
}

/** The value whose gradient is the source; for `logits` that is the last one. */
export function sourceValue(
  { model, modules, rules }: FeedbackNetwork,
  { source, target }: Pick<FeedbackForm, 'source' | 'target'>,
): ValueId {
  if (source === 'logits') return model.graph.nodes.length;
  if (source === 'module') {
    return modules.find(({ from, to }) => target > from && target <= to)!.to;
  }
  const tail = modules[rules.indexOf('exact')];
  if (tail === undefined) {
    throw new InputError(
      "feedback: expected a module of rule exact to take the tail's error from, got none",
    );
  }
  return tail.from;
}

/** How rows of the matrix read the source: a centred window over its grid, or all logits at once. */
export function sourceGeometry(
  { source, kernel, dilation }: FeedbackForm,
  sourceShape: Shape,
): PatchGeometry {
  if (source === 'logits') return flatGeometry(sourceShape);
  const pad = (dilation * (kernel - 1)) / 2;
  return windowGeometry(sourceShape, {
    kernel: [kernel, kernel],
    stride: [1, 1],
    dilation: [dilation, dilation],
    pads: [pad, pad, pad, pad],
  });
}

/** Rows of the matrix: one per channel of the target, and per cell where the source is the logits. */
export function rowsOf({ source, grid }: FeedbackForm, targetShape: Shape): number {
  return source === 'logits' ? grid[0] * grid[1] * targetShape[2] : targetShape[2];
}

function targetsOf({ model }: FeedbackNetwork, { from, to }: Module, rule: Rule): ValueId[] {
  if (rule === 'feedback-local') return [to];
  if (rule !== 'feedback-direct') return [];
  const nodes = model.graph.nodes.slice(from, to);
  return nodes.flatMap((node, index) => (isLayer(node) ? [from + index + 1] : []));
}
