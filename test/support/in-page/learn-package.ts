// Runs in a page of test/browser/parity: learns from a package on the WebGL engine.
import { copyParameters } from '#runtime';

import { openWebglEngine } from '../../../targets/browser/engine/open-webgl-engine.ts';
import { decode, fetchBytes } from '../../../targets/browser/package-file.ts';
import { engineInput } from '../../../targets/browser/teach.ts';
import { learnSeededSteps } from '../seeded-steps.ts';

export interface Learned {
  readonly logits: readonly number[][];
  /** By node index. */
  readonly layers: readonly { readonly weights: number[]; readonly bias: number[] }[];
}

declare global {
  var learnPackage: (url: string, steps: number) => Promise<Learned>;
}

globalThis.learnPackage = async (url, steps) => {
  const content = await decode(await fetchBytes(url));
  const parameters = copyParameters(content.model.layers);
  await using engine = await openWebglEngine(engineInput(content, parameters));
  const logits = await learnSeededSteps(engine, content, steps);
  return {
    logits: logits.map((own) => Array.from(own)),
    layers: [...parameters.values()].map(({ weights, bias }) => ({
      weights: Array.from(weights),
      bias: Array.from(bias),
    })),
  };
};
