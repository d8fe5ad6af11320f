// Full float32 backpropagation with activation checkpointing: the model in parts, each forwarded once to
// get the next one's input and once more to learn. The numbers are float-network.ts's; memory is the
// checkpoints and the largest part's activations, time is one more forward.
import { InferenceSession, Tensor } from 'onnxruntime-node';

import {
  floatPart,
  floatPartBackprop,
  floatPartForward,
  floatPredict,
  partition,
} from '#exporters';
import type { FloatModel, FloatPart } from '#exporters';
import { inferShapes, sizeOf } from '#runtime';

import {
  floatSessionOptions,
  parameterTensors,
  successor,
} from '../targets/raspberry-pi/commands/bench/float-network.ts';
import { detach } from '../targets/raspberry-pi/engine/detach.ts';
import { cutForCheckpoints } from './checkpoints.ts';
import type { PreparedImages, Trainee } from './personalize.ts';

interface OpenPart {
  readonly part: FloatPart;
  /** Null for the last part, whose output nobody needs. */
  readonly forward: InferenceSession | null;
  readonly learning: InferenceSession;
  /** weights:<node> and bias:<node> by the part's own node indices. */
  readonly parameters: Readonly<Record<string, Tensor>>;
}

/** Copies the model's weights. */
export async function openCheckpointedNetwork(model: FloatModel): Promise<Trainee> {
  const parameters = parameterTensors(model);
  const predicting = await InferenceSession.create(floatPredict(model), floatSessionOptions);
  const parts = await Promise.all(
    cutForCheckpoints(model.graph, partition(model.graph)).map((range) =>
      openPart(floatPart(model, range), range.from, parameters),
    ),
  );
  const classes = inferShapes(model.graph).at(-1)![2];
  const sampleSize = sizeOf(model.graph.inputShape);
  const inputOf = (x: Float32Array): Tensor =>
    new Tensor('float32', x, [x.length / sampleSize, ...model.graph.inputShape]);
  return {
    classes,
    sampleSize,
    prepare: (x) => x,
    async learn(images: PreparedImages, targets, { rate, clip }) {
      if (images instanceof Uint8Array) throw new TypeError('learn: expected float32 images');
      const checkpoints = await forwardParts(parts, inputOf(images));
      const labels = new Tensor('float32', targets, [targets.length / classes, classes]);
      const rates = new Tensor('float32', Float32Array.of(rate, clip, 1), [3]);
      await learnParts(parts, checkpoints, { labels, rates });
    },
    async predict(x) {
      const outputs = await predicting.run({ ...parameters, x: inputOf(x) });
      return outputs['logits']!.data as Float32Array;
    },
    async [Symbol.asyncDispose]() {
      const sessions = parts.flatMap(({ forward, learning }) => [learning, forward ?? []].flat());
      await Promise.all([predicting, ...sessions].map((session) => session.release()));
    },
  };
}

async function openPart(
  part: FloatPart,
  from: number,
  parameters: Readonly<Record<string, Tensor>>,
): Promise<OpenPart> {
  const own = [...part.model.parameters.keys()].flatMap((node) =>
    ['weights', 'bias'].map((kind) => [`${kind}:${node}`, parameters[`${kind}:${from + node}`]!]),
  );
  return {
    part,
    forward: part.isLast
      ? null
      : await InferenceSession.create(floatPartForward(part), floatSessionOptions),
    learning: await InferenceSession.create(floatPartBackprop(part), floatSessionOptions),
    parameters: Object.fromEntries(own) as Record<string, Tensor>,
  };
}

/** The input of every part. */
async function forwardParts(parts: readonly OpenPart[], input: Tensor): Promise<Tensor[]> {
  const inputs = [input];
  for (const { forward, parameters } of parts) {
    const x = inputs.at(-1)!;
    if (forward !== null) inputs.push((await forward.run({ ...parameters, x }))['y']!);
  }
  return inputs;
}

/** From the last part to the first; each checkpoint is dropped once it was used. */
async function learnParts(
  parts: readonly OpenPart[],
  inputs: readonly Tensor[],
  { labels, rates }: { labels: Tensor; rates: Tensor },
): Promise<void> {
  let gradient: Tensor | null = null;
  for (const [index, { part, learning, parameters }] of [...parts.entries()].toReversed()) {
    const x = inputs[index]!;
    const fetches: Record<string, Tensor | null> = { gradientNorms: null };
    for (const [name, tensor] of Object.entries(parameters)) fetches[successor(name)] = tensor;
    if (!part.isFirst) fetches['inputGradient'] = null;
    const error: Record<string, Tensor> = gradient === null ? { targets: labels } : { gradient };
    const feeds: Record<string, Tensor> = { ...parameters, ...error, x, rates };
    const { inputGradient = null, ...rest } = await learning.run(feeds, fetches);
    const done: (Tensor | null)[] = [...Object.values(rest), gradient, part.isFirst ? null : x];
    detach(done.filter((tensor) => tensor !== null));
    gradient = inputGradient;
  }
}
