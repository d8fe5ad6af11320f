// The same package on WebGL and on the reference kernels: every value of public models, and the weights
// after twenty learning steps. The Raspberry Pi's engine is compared in parity/raspberry-pi.ts.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { planFor } from '#exporters';
import { copyParameters, openKernelEngine } from '#runtime';
import type { Engine, EngineInput } from '#runtime';

import { openWebglEngine } from '../../targets/browser/engine/open-webgl-engine.ts';
import { assertSame } from '../support/assert-same.ts';
import { realContent, realModels } from '../support/real-content.ts';
import { learnSeededSteps, seededSamples } from '../support/seeded-steps.ts';
import type { Learnable } from '../support/seeded-steps.ts';
import { skipBecause } from '../support/skip.ts';

const test = suite('targets/browser/engine on real models');

for (const name of realModels) {
  const response = await fetch(`/models/${name}.onnx`);
  const onModel = response.ok ? test : skipBecause(test, `${name}.onnx is not here`);
  const onnx = new Uint8Array(await response.arrayBuffer());

  onModel(`${name}: every value is the kernels', bit for bit`, async () => {
    const content = realContent(onnx);
    const nodes = content.model.graph.nodes.length;
    for (let to = 1; to <= nodes; to++) {
      const part = upTo(content, to);
      await using gpu = await openWebglEngine(part);
      await using kernels = await openKernelEngine(part);
      for (const batch of [4, 1]) {
        const samples = seededSamples(content, batch, 2);
        const expected = await lastValue(kernels, part, samples, batch);
        const what = `batch ${batch}, value ${to} of ${nodes}`;
        assertSame(await lastValue(gpu, part, samples, batch), expected, what);
      }
    }
  });

  onModel(`${name}: predicts as the kernels do, one sample or several`, async () => {
    const input = opened(realContent(onnx));
    await using gpu = await openWebglEngine(input);
    await using kernels = await openKernelEngine(input);
    for (const batch of [1, 2, 5]) {
      const samples = seededSamples(input, batch, batch);
      const expected = await kernels.predict(samples, batch);
      assertSame(await gpu.predict(samples, batch), expected, `logits of ${batch}`);
    }
  });

  onModel(`${name}: twenty steps end at the kernels' weights, bit for bit`, async () => {
    const content = realContent(onnx);
    const [ofGpu, ofKernels] = [opened(content), opened(content)];
    await using gpu = await openWebglEngine(ofGpu);
    await using kernels = await openKernelEngine(ofKernels);
    const actual = await learnSeededSteps(gpu, content, 20);
    const expected = await learnSeededSteps(kernels, content, 20);
    for (const [step, logits] of expected.entries()) {
      assertSame(actual[step]!, logits, `logits of step ${step}`);
    }
    let moved = 0;
    for (const [node, { weights, bias }] of ofKernels.parameters) {
      assertSame(ofGpu.parameters.get(node)!.weights, weights, `weights of ${node}`);
      assertSame(ofGpu.parameters.get(node)!.bias, bias, `bias of ${node}`);
      const exported = content.model.layers.get(node)!.weights;
      moved += weights.filter((weight, i) => weight !== exported[i]).length;
    }
    assert.ok(moved > 1000, `${moved} weights moved`);
  });
}

function opened(content: Learnable): EngineInput {
  return { ...content, parameters: copyParameters(content.model.layers), programs: new Map() };
}

/** The model with a cut after `nodes` nodes; nothing in it is trained. */
function upTo(content: Learnable, nodes: number): EngineInput {
  const { model } = content;
  const end = model.graph.nodes.length;
  const modules = [{ name: 'first', from: 0, to: nodes }];
  if (nodes < end) modules.push({ name: 'rest', from: nodes, to: end });
  const plan = planFor(model.graph, modules, { tail: 1, rule: 'frozen' });
  return opened({ ...content, modules, plan, feedback: [] });
}

/** What the first module makes: logits where it is the only one. */
async function lastValue(
  engine: Engine,
  { modules }: EngineInput,
  samples: Uint8Array,
  batch: number,
): Promise<ArrayLike<number>> {
  if (modules.length === 1) return engine.predict(samples, batch);
  const uploaded = engine.upload(samples, batch);
  const output = await engine.forward(0, 1, uploaded);
  const values = await engine.download(output);
  uploaded.dispose();
  output.dispose();
  return values;
}

test.run();
