// One recurrent layer and a head, opened to learn in one of the ways that are compared.
import { layoutOf, learnStep, sizeOf } from '#runtime';
import type { Recurrence } from '#runtime';

import { openOnnxRuntimeEngine } from '../targets/raspberry-pi/engine/onnx-runtime-engine.ts';
import { openFloatNetwork } from './float-network.ts';
import type { Trainee } from './personalize.ts';
import { sequenceFloatModel, sequenceInput } from './sequence-network.ts';
import type { SequenceSize } from './sequence-network.ts';

/** `gates` and `exact` go by chunks as plans have them by default; the two kinds of backpropagation hold the whole sequence. */
export type SequenceMethod = 'gates' | 'exact' | 'int8-backprop' | 'float-backprop';

export async function openSequenceTrainee(
  method: SequenceMethod,
  size: SequenceSize,
): Promise<Trainee> {
  if (method === 'float-backprop') return openFloatNetwork(sequenceFloatModel(size));
  const recurrences: Readonly<Record<typeof method, Recurrence>> = {
    gates: { exactSteps: 16, earlier: 'gates' },
    exact: { exactSteps: 8, earlier: 'exact' },
    'int8-backprop': { exactSteps: size.steps, earlier: 'exact' },
  };
  const input = sequenceInput(size, recurrences[method]);
  const engine = await openOnnxRuntimeEngine(input);
  const layout = layoutOf(input.plan, input.modules, input.feedback);
  const sampleSize = sizeOf(input.model.graph.inputShape);
  return {
    classes: 10,
    sampleSize,
    prepare,
    async learn(images, targets, rates) {
      if (images instanceof Float32Array) throw new TypeError('learn: expected prepared images');
      const samples = engine.upload(images, images.length / sampleSize);
      await learnStep(engine, layout, { input: samples, targets }, { ...rates, ratio: 1 });
      samples.dispose();
    },
    predict: (values) => engine.predict(prepare(values), values.length / sampleSize),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

function prepare(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => 128 + Math.round(value * 64));
}
