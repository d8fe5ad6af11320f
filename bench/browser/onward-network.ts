// Ours: a package on the WebGL engine, learning as a lesson does, on a context of its own.
import { copyParameters, layoutOf, learnStep } from '#runtime';
import type { DeviceActivation, PackageContent } from '#runtime';

import { openWebglEngine } from '../../targets/browser/engine/open-webgl-engine.ts';
import { engineInput } from '../../targets/browser/teach.ts';
import type { Arm } from './arm.ts';

export async function openOnward(content: PackageContent): Promise<Arm> {
  const context = new OffscreenCanvas(1, 1).getContext('webgl2')!;
  const input = engineInput(content, copyParameters(content.model.layers));
  const engine = await openWebglEngine(input, { context });
  const layout = layoutOf(content.plan, content.modules, content.feedback);
  const { clip } = content.plan;
  return {
    gl: context,
    async learn({ pixels, targets, batch }, step) {
      const samples = engine.upload(pixels, batch);
      let first: DeviceActivation = samples;
      if (layout.trained > 0) first = await engine.forward(0, layout.trained, samples);
      const rates = { rate: 0.01 / batch, clip, ratio: 1, step, seed: 1 };
      await learnStep(engine, layout, { input: first, targets }, rates);
      if (first !== samples) first.dispose();
      samples.dispose();
    },
    predict: ({ pixels, batch }) => engine.predict(pixels, batch),
  };
}
