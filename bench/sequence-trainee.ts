// One recurrent layer and a head, opened to learn in one of the ways that are compared.
import { planFor } from '#exporters';
import { layoutOf, sizeOf } from '#runtime';
import type { Recurrence } from '#runtime';

import { learnSamples } from '../targets/raspberry-pi/commands/bench/learn-samples.ts';
import { openOnnxRuntimeEngine } from '../targets/raspberry-pi/engine/onnx-runtime-engine.ts';
import { openFloatNetwork } from './float-network.ts';
import type { Trainee } from './personalize.ts';
import {
  sequenceFloatModel,
  sequenceGraph,
  sequenceInput,
  sequenceModules,
} from './sequence-network.ts';
import type { SequenceSize } from './sequence-network.ts';

/**
 * `onward` is what plans have by default for the layer's length; `gates` and `exact` go by chunks as plans do that ask
 * for them; `truncated` stops after the last 16 steps; the two kinds of backpropagation hold the whole sequence.
 */
export type SequenceMethod =
  | 'onward'
  | 'gates'
  | 'exact'
  | 'truncated'
  | 'head-only'
  | 'int8-backprop'
  | 'float-backprop';

/** The caller disposes it. */
export async function openSequenceTrainee(
  method: SequenceMethod,
  size: SequenceSize,
): Promise<Trainee> {
  if (method === 'float-backprop') return openFloatNetwork(sequenceFloatModel(size));
  const input = sequenceInput(size, recurrenceOf(method, size));
  const engine = await openOnnxRuntimeEngine(input);
  const layout = layoutOf(input.plan, input.modules, input.feedback);
  const sampleSize = sizeOf(input.model.graph.inputShape);
  return {
    classes: 10,
    sampleSize,
    prepare,
    async learn(images, targets, rates) {
      if (images instanceof Float32Array) throw new TypeError('learn: expected prepared images');
      const own = { samples: images, batch: images.length / sampleSize, targets };
      await learnSamples(engine, layout, own, rates);
    },
    predict: (values) => engine.predict(prepare(values), values.length / sampleSize),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

/** Null where the head alone learns. */
export function recurrenceOf(
  method: Exclude<SequenceMethod, 'float-backprop'>,
  size: SequenceSize,
): Recurrence | null {
  const graph = sequenceGraph(size);
  const recurrences: Readonly<Record<typeof method, Recurrence | null>> = {
    onward: planFor(graph, sequenceModules(size), { batchSize: size.batch }).recurrence,
    gates: { exactSteps: 16, earlier: 'gates' },
    exact: { exactSteps: 8, earlier: 'exact' },
    truncated: { exactSteps: 16, earlier: 'none' },
    'head-only': null,
    'int8-backprop': { exactSteps: size.steps, earlier: 'exact' },
  };
  return recurrences[method];
}

function prepare(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => 128 + Math.round(value * 64));
}
