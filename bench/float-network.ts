// The rival: the same model in float32, trained by full backpropagation on ONNX Runtime with the same
// operators and the same session options, as a trainee.
import type { FloatModel } from '#exporters';

import { FloatNetwork } from '../targets/raspberry-pi/commands/bench/float-network.ts';
import type { Trainee } from './personalize.ts';

/** Copies the model's weights. */
export async function openFloatNetwork(model: FloatModel): Promise<Trainee> {
  const network = await FloatNetwork.open(model);
  const { classes, sampleSize } = network;
  return {
    classes,
    sampleSize,
    prepare: (x) => x,
    async learn(images, targets, rates) {
      if (images instanceof Uint8Array) throw new TypeError('learn: expected float32 images');
      await network.learn(images, targets, rates);
    },
    predict: (x) => network.predict(x),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}
