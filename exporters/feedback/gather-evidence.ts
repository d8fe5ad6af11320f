import type { ValueId } from '#runtime';
import { sizeOf } from '#runtime';

import type { BatchOptions } from '../float/batches.ts';
import type { Evidence } from './evidence.ts';
import { collectEvidence } from './evidence.ts';
import type { FeedbackForm, FeedbackNetwork } from './form.ts';
import { sourceValue } from './form.ts';
import type { LabelledSamples } from './signals.ts';
import { signalsOf } from './signals.ts';

/** One per form, in order, from a single pass through the samples. */
export function gatherEvidence(
  network: FeedbackNetwork,
  forms: readonly FeedbackForm[],
  data: LabelledSamples,
  batching: BatchOptions = {},
): Evidence[] {
  const { model } = network;
  const samples = data.samples.length / sizeOf(model.graph.inputShape);
  const collectors = forms.map((form) => collectEvidence(network, form, samples));
  const wanted = new Set<ValueId>(
    forms.flatMap((form) => [form.target, sourceValue(network, form)]),
  );
  if (forms.length === 0) return [];
  for (const signals of signalsOf(model, data, wanted, { ...batching, ofParameters: false })) {
    for (const collector of collectors) collector.add(signals);
  }
  return collectors.map((collector) => collector.finish());
}
