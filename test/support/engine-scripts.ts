// What the engine suite does with an engine, as scripts that tell every number they see. Only calls
// that a lesson with the case's plan would make are made: programs may exist for no others.
import { inferShapes, layoutOf, learnStep, sizeOf } from '#runtime';
import type {
  DeviceActivation,
  Engine,
  Gradient,
  LayerParameters,
  SequenceEngine,
  SequenceState,
  StepRates,
} from '#runtime';

import type { CaseInput, SequenceKind } from './engine-cases.ts';
import { randomSequence } from './random-sequence.ts';
import { randomStream } from './random-stream.ts';

interface Observation {
  readonly what: string;
  readonly values: ArrayLike<number>;
}

interface Opened {
  readonly engine: Engine;
  /** The arrays the engine was opened with. */
  readonly parameters: ReadonlyMap<number, LayerParameters>;
  readonly input: CaseInput;
  readonly sequences: SequenceKind;
}

export type Script = (opened: Opened) => AsyncGenerator<Observation, void, undefined>;

/** Logits, then every module's output, and the tail's input by one call. */
export const predictAndForward: Script = async function* ({ engine, input, sequences }) {
  for (const batch of [3, 1]) {
    const samples = randomSamples(input, batch, batch);
    const sequence = randomSequence(input.model, sequences, batch, batch);
    const logits = await engine.predict(samples, batch, sequence);
    yield { what: `predict of ${batch}`, values: logits };
    let activation = engine.upload(samples, batch, sequence);
    const tailInput = await engine.forward(0, input.plan.rules.indexOf('exact'), activation);
    yield { what: 'the input of the tail', values: await engine.download(tailInput) };
    for (let module = 0; module + 1 < input.modules.length; module++) {
      const next = await engine.forward(module, module + 1, activation);
      yield { what: `the output of module ${module}`, values: await engine.download(next) };
      activation.dispose();
      activation = next;
    }
    activation.dispose();
    tailInput.dispose();
  }
};

/** The calls of one step, and the weights after each: a failure names the call. */
export const learnOnce: Script = async function* (opened) {
  const { engine, input, sequences } = opened;
  const { replay, tail, sources } = layoutOf(input.plan, input.modules, input.feedback);
  const batch = input.plan.batchSize;
  const rates = ratesOf(input, 0);
  const sequence = randomSequence(input.model, sequences, batch, 7);
  const samples = randomSamples(input, batch, 7);
  const inputs: DeviceActivation[] = [engine.upload(samples, batch, sequence)];
  for (let module = 0; module < tail; module++) {
    inputs.push(await engine.forward(module, module + 1, inputs[module]!));
  }
  const targets = randomTargets(input, batch, 7);
  const result = await engine.learnTail(tail, inputs[tail]!, targets, rates);
  yield { what: 'logits of learnTail', values: result.logits };
  yield* weightsOf(opened, 'learnTail');
  let gradient: Gradient = result.inputGradient ?? result.error;
  for (let module = tail - 1; module >= replay; module--) {
    gradient = await engine.learnByReplay(module, inputs[module]!, gradient, rates);
    yield* weightsOf(opened, `learnByReplay of module ${module}`);
  }
  for (const [module, source] of sources.entries()) {
    if (source === null) continue;
    const error = source === 'logits' ? result.error : result.inputGradient!;
    const output = await engine.learnByFeedback(module, inputs[module]!, error, rates);
    yield {
      what: `output of learnByFeedback of module ${module}`,
      values: await engine.download(output),
    };
    yield* weightsOf(opened, `learnByFeedback of module ${module}`);
  }
};

/** Twenty steps as a lesson makes them, the last batches smaller. */
export const learnInSteps: Script = async function* (opened) {
  const { engine, input, sequences } = opened;
  const layout = layoutOf(input.plan, input.modules, input.feedback);
  for (let step = 0; step < 20; step++) {
    const batch = step < 16 ? input.plan.batchSize : 1 + (step % 3);
    const sequence = randomSequence(input.model, sequences, batch, step);
    const sample = engine.upload(randomSamples(input, batch, step), batch, sequence);
    const first = await engine.forward(0, layout.trained, sample);
    const targets = randomTargets(input, batch, step);
    const rates = ratesOf(input, step);
    const logits = await learnStep(engine, layout, { input: first, targets }, rates);
    yield { what: `logits of step ${step}`, values: logits };
    sample.dispose();
    first.dispose();
  }
  yield* weightsOf(opened, 'twenty steps');
};

export const pushWeights: Script = async function* ({ engine, parameters, input }) {
  const samples = randomSamples(input, 2, 1);
  for (const { weights, bias } of parameters.values()) {
    weights.forEach((weight, i) => (weights[i] = -weight));
    bias.fill(7);
  }
  await engine.push();
  yield { what: 'predict after push', values: await engine.predict(samples, 2) };
};

/** Every step of a batch one at a time: logits and states. */
export const predictInSteps: Script = async function* ({ engine, input }) {
  const batch = 3;
  const [steps, width, channels] = input.model.graph.inputShape;
  const size = width * channels;
  const samples = randomSamples(input, batch, 5);
  let state: SequenceState | null = null;
  for (let t = 0; t < steps; t++) {
    const now = new Uint8Array(batch * size);
    for (let n = 0; n < batch; n++) {
      const at = (n * steps + t) * size;
      now.set(samples.subarray(at, at + size), n * size);
    }
    const next: StepPrediction = await stepwise(engine).predictStep(now, batch, state);
    yield { what: `logits of step ${t}`, values: next.logits };
    for (const [node, own] of next.state) {
      yield { what: `hidden state of node ${node} after step ${t}`, values: own.hidden };
      yield { what: `state of node ${node} after step ${t}`, values: own.state };
    }
    state = next.state;
  }
};

type StepPrediction = Awaited<ReturnType<SequenceEngine['predictStep']>>;

function stepwise(engine: Engine): SequenceEngine {
  if ('predictStep' in engine) return engine as SequenceEngine;
  throw new Error(`${engine.name}: expected an engine with predictStep, got one without`);
}

export const uploadLeaves: Script = async function* ({ engine, input }) {
  const samples = randomSamples(input, 2, 1);
  const activation = engine.upload(samples, 2);
  yield { what: 'what was uploaded', values: await engine.download(activation) };
  const output = await engine.forward(0, 1, activation);
  activation.dispose();
  output.dispose();
  yield { what: 'the samples, once they are disposed of', values: samples };
};

async function* weightsOf({ engine, parameters, input }: Opened, call: string): ReturnType<Script> {
  await engine.pull();
  for (const [node, { weights, bias }] of parameters) {
    const { name } = input.model.graph.nodes[node]!;
    yield { what: `weights of ${name} after ${call}`, values: weights.slice() };
    yield { what: `bias of ${name} after ${call}`, values: bias.slice() };
  }
}

/** Rates that decay as a schedule's do; every fourth is so large that all layers meet their clip. */
function ratesOf({ plan }: CaseInput, step: number): StepRates {
  const rate = (plan.learningRate / plan.batchSize) * (1 - step / 40) * (step % 4 === 3 ? 50 : 1);
  return { rate, clip: plan.clip, ratio: 1, step, seed: 0xbeef };
}

function randomSamples({ model }: CaseInput, batch: number, seed: number): Uint8Array {
  const random = randomStream(seed + 1000);
  const length = batch * sizeOf(model.graph.inputShape);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** One-hot rows, every third one softened; where there are many positions, some that are not judged. */
function randomTargets({ model }: CaseInput, batch: number, seed: number): Float32Array {
  const random = randomStream(seed + 2000);
  const [positions, , classes] = inferShapes(model.graph).at(-1)!;
  const targets = new Float32Array(batch * positions * classes);
  for (let n = 0; n < batch * positions; n++) {
    if (positions > 1 && random() < 0.3) continue;
    const sharp = n % 3 === 2 ? 0.75 : 1;
    targets.fill((1 - sharp) / classes, n * classes, (n + 1) * classes);
    targets[n * classes + Math.floor(random() * classes)]! += sharp;
  }
  return targets;
}
