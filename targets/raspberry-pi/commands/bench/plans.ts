// Other plans for a package's model, with the programs that run them. Rate, batch and clip stay the package's.
import {
  approximatedNodes,
  dequantize,
  exportPrograms,
  makeStateFeedback,
  planFor,
  randomFeedback,
} from '#exporters';
import type { PlanOptions } from '#exporters';
import { InputError, sizeOf } from '#runtime';
import type { PackageContent, StateFeedback } from '#runtime';

import { pick } from './examples.ts';
import type { Examples } from './examples.ts';

/** Training samples that random feedback takes its size from. */
const mostSized = 128;

export function headOnly(content: PackageContent): PackageContent {
  const frozen = content.modules.length - 1;
  return withPlan(content, { tail: 1, frozen, rule: 'frozen' });
}

export function tailOnly(content: PackageContent): PackageContent {
  const { modules, plan, stateFeedback } = content;
  const frozen = plan.rules.indexOf('exact');
  const tail = modules.length - frozen;
  const start = modules[frozen]?.from ?? 0;
  return withPlan(
    content,
    { tail, frozen, rule: 'frozen', ...(plan.recurrence && { recurrence: plan.recurrence }) },
    stateFeedback.filter(({ node }) => node >= start),
  );
}

export function exactReplay(content: PackageContent): PackageContent {
  const tail = content.modules.length - content.plan.rules.indexOf('exact');
  return withPlan(content, { tail, rule: 'exact-replay', recurrence: { earlier: 'exact' } });
}

/** The longest tail that can learn: all modules, of most models. */
export function everythingExact(content: PackageContent): PackageContent {
  const recurrence = { earlier: 'exact', exactSteps: 2 ** 16 } as const;
  for (let tail = content.modules.length; ; tail--) {
    try {
      return withPlan(content, { tail, rule: 'frozen', recurrence });
    } catch (error) {
      if (!(error instanceof InputError) || tail === 1) throw error;
    }
  }
}

/** The same plan; each feedback gives gradients as large as the true ones, in directions of the seed's. */
export function drawnFeedback(
  content: PackageContent,
  { seed, training }: { readonly seed: number; readonly training: Examples },
): PackageContent {
  const { model, modules, plan, feedback, stateFeedback } = content;
  if (feedback.length + stateFeedback.length === 0) {
    throw new InputError('expected a plan with feedback, got one without');
  }
  const float = dequantize(model);
  const data = floatSamples(content, training);
  const network = { model: float, modules, rules: plan.rules };
  const density = densityOf(feedback);
  const state = {
    kind: 'random',
    seed,
    segments: stateFeedback[0]?.segments ?? 1,
    density: densityOf(stateFeedback),
  } as const;
  const { recurrence } = plan;
  const nodes = approximatedNodes(model.graph, modules, plan);
  return {
    ...content,
    feedback:
      feedback.length === 0 ? [] : randomFeedback(network, feedback, { seed, density, data }),
    stateFeedback:
      recurrence === null || stateFeedback.length === 0
        ? []
        : makeStateFeedback(float, data, nodes, { ...state, recurrence }),
  };
}

function withPlan(
  content: PackageContent,
  options: PlanOptions,
  stateFeedback: readonly StateFeedback[] = [],
): PackageContent {
  const { model, modules } = content;
  const { batchSize, epochs, learningRate, feedbackRatio, clip } = content.plan;
  const kept = { batchSize, epochs, learningRate, feedbackRatio, clip };
  const plan = planFor(model.graph, modules, { ...kept, ...options });
  const programs = exportPrograms({ model, modules, plan, feedback: [], stateFeedback });
  return { ...content, plan, feedback: [], stateFeedback, programs };
}

function floatSamples(
  { model }: PackageContent,
  training: Examples,
): { readonly samples: Float32Array; readonly labels: readonly number[] } {
  const { scale, zeroPoint } = model.quantization[0] ?? { scale: 1, zeroPoint: 0 };
  const first = training.labels.slice(0, mostSized).map((_, index) => index);
  const { samples, labels } = pick(training, sizeOf(model.graph.inputShape), first);
  return { samples: Float32Array.from(samples, (value) => scale * (value - zeroPoint)), labels };
}

/** Share of entries that are not zero; 1 of none. */
function densityOf(maps: readonly { readonly matrix: Int8Array }[]): number {
  const all = maps.reduce((sum, { matrix }) => sum + matrix.length, 0);
  const kept = maps.reduce((sum, { matrix }) => sum + matrix.filter(Boolean).length, 0);
  return kept === 0 ? 1 : kept / all;
}
