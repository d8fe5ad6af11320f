import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { inferShapes, sizeOf } from '#runtime';
import { assertClose, engineCases, randomStream, realModel } from '#test-support';

import { runOnnx } from '../../../test/support/onnx-runtime.ts';
import type { FloatModel } from '../../float/model.ts';
import { floatBackprop } from './float-backprop.ts';
import { floatPart, floatPartBackprop, floatPartForward } from './float-part.ts';

const test = suite('exporters/programs/float-part');

type Feeds = Parameters<typeof runOnnx>[1];
type Outputs = Awaited<ReturnType<typeof runOnnx>>;

/** The same products, summed by the same operators. */
const tolerance = 1e-6;
const batch = 3;
const { modules, model: int8 } = engineCases().find(({ name }) =>
  name.startsWith('residual blocks'),
)!.input;
const model: FloatModel = { graph: int8.graph, parameters: realModel(int8).layers };
const classes = inferShapes(model.graph).at(-1)![2];

function weightFeeds({ parameters }: FloatModel): Feeds {
  const feeds = Array.from(parameters, ([node, { weights, bias }]) => [
    [
      `weights:${node}`,
      [Float32Array.from(weights), [bias.length, weights.length / bias.length]],
    ] as const,
    [`bias:${node}`, [Float32Array.from(bias), [bias.length]]] as const,
  ]);
  return Object.fromEntries(feeds.flat());
}

function feedOf(outputs: Outputs, name: string): Feeds[string] {
  const { data, dims } = outputs[name]!;
  return [data as Float32Array, dims];
}

test('parts learned one after another, the last first, take the step of the whole network', async () => {
  const random = randomStream(7);
  const length = batch * sizeOf(model.graph.inputShape);
  const samples = Float32Array.from({ length }, () => random() * 2 - 1);
  const x: Feeds[string] = [samples, [batch, ...model.graph.inputShape]];
  const oneHot = Float32Array.from({ length: batch * classes }, (_, index) =>
    index % (classes + 1) === 0 ? 1 : 0,
  );
  const targets: Feeds[string] = [oneHot, [batch, classes]];
  const rates: Feeds[string] = [Float32Array.of(0.1, 1, 1), [3]];
  const whole = await runOnnx(floatBackprop(model), { ...weightFeeds(model), x, targets, rates });

  assert.ok(modules.length >= 3, 'a part between the first and the last');
  const parts = modules.map((module) => floatPart(model, module));
  const inputs = [x];
  for (const part of parts.slice(0, -1)) {
    const feeds = Object.assign(weightFeeds(part.model), { x: inputs.at(-1)! });
    inputs.push(feedOf(await runOnnx(floatPartForward(part), feeds), 'y'));
  }
  let gradient: Feeds[string] | null = null;
  for (const [index, part] of [...parts.entries()].toReversed()) {
    const outputs: Outputs = await runOnnx(floatPartBackprop(part), {
      ...weightFeeds(part.model),
      x: inputs[index]!,
      rates,
      ...(gradient === null ? { targets } : { gradient }),
    });
    for (const node of part.model.parameters.keys()) {
      for (const name of ['newWeights', 'newBias']) {
        const expected = whole[`${name}:${modules[index]!.from + node}`]!.data as Float32Array;
        const actual = outputs[`${name}:${node}`]!.data as Float32Array;
        assertClose(actual, expected, tolerance);
      }
    }
    if (index > 0) gradient = feedOf(outputs, 'inputGradient');
    else assert.is(outputs['inputGradient'], undefined);
  }
});

test.run();
