import type { PackageContent } from '#runtime';

import type { SampleForm } from '../data/samples.ts';

/** What the package expects of a sample; `sampleRate` is what it was trained on, where the user says so. */
export function sampleForm(
  { model, input }: Pick<PackageContent, 'model' | 'input'>,
  sampleRate: number | null,
): SampleForm {
  const { scale, zeroPoint } = model.quantization[0] ?? { scale: 1, zeroPoint: 0 };
  const largest = Array.from({ length: model.graph.inputShape[2] }, (_, channel) => {
    const [mean = 0, deviation = 1] = [input.mean[channel], input.deviation[channel]];
    return mean + deviation * scale * (255 - zeroPoint);
  });
  return {
    shape: model.graph.inputShape,
    layout: input.layout,
    largest: Math.max(...largest),
    sampleRate,
    sound: input.sound,
  };
}
