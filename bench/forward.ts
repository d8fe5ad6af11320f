// Predicting: int8 against float, ONNX Runtime against the reference kernels value by value, and
// models that were int8 already against ONNX Runtime on their publishers' files.
import { InferenceSession, Tensor } from 'onnxruntime-node';

import { importModel, moduleProgram, planFor, prepareImported, programName } from '#exporters';
import type { PreparedModel, ProgramKind } from '#exporters';
import { accuracyOf, argmax, openKernelEngine, quantizeSamples, sizeOf } from '#runtime';
import type { Engine, EngineInput, Model, SampleFormat, Shape } from '#runtime';

import { openOnnxRuntimeEngine } from '../targets/raspberry-pi/engine/onnx-runtime-engine.ts';
import { cifarImages, resized } from './tasks/cifar.ts';
import { sharedFile } from './tasks/shared-file.ts';

/** A model file, and the real numbers that black and white stand for in its input. */
export interface ModelFile {
  readonly file: string;
  readonly black: number;
  readonly white: number;
}

export interface LayerAgreement {
  readonly values: number;
  readonly numbers: number;
  /** Numbers that differ between the engines. */
  readonly different: number;
}

/** Compares every value of a quantised model on both engines; null where a file is missing. */
export async function layerAgreement(model: ModelFile): Promise<LayerAgreement | null> {
  const prepared = prepare(model, 16);
  const images = imagesFor(model, prepared, 4);
  if (!prepared || !images) return null;
  const input = quantizeSamples(images.x, formatOf(prepared));
  const nodes = prepared.model.graph.nodes.length;
  let [numbers, different] = [0, 0];
  for (let to = 1; to <= nodes; to++) {
    const part = engineInputOf(prepared.model, to);
    const expected = await lastValue(await openKernelEngine(part), part, input);
    await using engine = await openOnnxRuntimeEngine(part);
    const actual = await lastValue(engine, part, input);
    numbers += expected.length;
    for (let index = 0; index < expected.length; index++) {
      if (expected[index] !== actual[index]) different++;
    }
  }
  return { values: nodes, numbers, different };
}

/** Percent right of a float file as it is and of its int8 form, on `count` images it was not calibrated on. */
export async function accuracyLoss(
  model: ModelFile,
  count: number,
): Promise<{ float: number; int8: number } | null> {
  const prepared = prepare(model, 300);
  const images = imagesFor(model, prepared, count);
  if (!prepared || !images) return null;
  const { inputShape } = prepared.model.graph;
  const size = sizeOf(inputShape);
  await using file = await openFile(model);
  let correct = 0;
  for (let n = 0; n < count; n++) {
    const logits = await file.logits(images.x.subarray(n * size, (n + 1) * size), inputShape);
    if (argmax(logits, 0, logits.length) === images.y[n]) correct++;
  }
  await using engine = await openOnnxRuntimeEngine(engineInputOf(prepared.model));
  const samples = quantizeSamples(images.x, formatOf(prepared));
  const int8 = await accuracyOf(engine, samples, images.y, size);
  return { float: (100 * correct) / count, int8: 100 * int8 };
}

/**
 * Percent of inputs to which an already-int8 file and its import give the same label. The file rounds
 * its logits to 8 bits, the import does not, so where the file's best labels tie only the import decides:
 * `sameOrTied` also counts inputs whose label is one of the tied ones.
 */
export async function labelAgreement(
  model: ModelFile,
  count: number,
): Promise<{ same: number; sameOrTied: number } | null> {
  const prepared = prepare(model, 4);
  const images = imagesFor(model, prepared, count);
  if (!prepared || !images) return null;
  await using engine = await openOnnxRuntimeEngine(engineInputOf(prepared.model));
  await using file = await openFile(model);
  const { inputShape } = prepared.model.graph;
  const size = sizeOf(inputShape);
  let [same, sameOrTied] = [0, 0];
  for (let n = 0; n < count; n++) {
    const image = images.x.subarray(n * size, (n + 1) * size);
    const logits = await engine.predict(quantizeSamples(image, formatOf(prepared)), 1);
    const expected = await file.logits(image, inputShape);
    const [label, best] = [argmax(logits, 0, logits.length), argmax(expected, 0, expected.length)];
    if (label === best) same++;
    if (expected[label] === expected[best]) sameOrTied++;
  }
  return { same: (100 * same) / count, sameOrTied: (100 * sameOrTied) / count };
}

interface PublishedFile extends AsyncDisposable {
  /** Of one float32 image [height, width, channels]. */
  logits(image: Float32Array, shape: Shape): Promise<Float32Array>;
}

/** A model file as it is, on ONNX Runtime. */
async function openFile({ file }: ModelFile): Promise<PublishedFile> {
  const session = await InferenceSession.create(sharedFile(file)!, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    async logits(image, [height, width, channels]) {
      const tensor = new Tensor('float32', planar(image, channels), [1, channels, height, width]);
      const outputs = await session.run({ [session.inputNames[0]!]: tensor });
      return outputs[session.outputNames[0]!]!.data as Float32Array;
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

interface Inputs {
  /** float32 [n, height, width, channels]. */
  readonly x: Float32Array;
  readonly y: Uint8Array;
}

function prepare(model: ModelFile, count: number): PreparedModel | null {
  const bytes = sharedFile(model.file);
  if (!bytes) return null;
  const imported = importModel(bytes);
  const images = inputs(model, imported.graph.inputShape, 'train', count);
  if (!images) return null;
  // Already channels last here, whatever the file's own layout.
  return prepareImported({ ...imported, inputLayout: 'nhwc' }, { calibration: { x: images.x } });
}

function inputs(
  { black, white }: ModelFile,
  shape: Shape,
  split: 'train' | 'test',
  count: number,
): Inputs | null {
  const images = cifarImages(split, count);
  if (!images) return null;
  const x = resized(images, shape).map((value) => black + ((white - black) * value) / 255);
  return { x, y: images.y };
}

function imagesFor(model: ModelFile, prepared: PreparedModel | null, count: number): Inputs | null {
  return prepared && inputs(model, prepared.model.graph.inputShape, 'test', count);
}

// The model cut after `nodes` nodes, with its programs; nothing in it is trained.
function engineInputOf(model: Model, nodes: number = model.graph.nodes.length): EngineInput {
  const end = model.graph.nodes.length;
  const modules = [{ name: 'first', from: 0, to: nodes }];
  if (nodes < end) modules.push({ name: 'rest', from: nodes, to: end });
  const plan = planFor(model.graph, modules, { tail: 1, rule: 'frozen' });
  const source = { model, modules, plan, feedback: [], stateFeedback: [] };
  const kinds: ProgramKind[] = [{ kind: 'predict' }, { kind: 'forward', from: 0, to: 1 }];
  const programs = new Map(kinds.map((kind) => [programName(kind), moduleProgram(source, kind)]));
  return { ...source, parameters: model.layers, programs };
}

async function lastValue(
  engine: Engine,
  { model, modules }: EngineInput,
  input: Uint8Array,
): Promise<ArrayLike<number>> {
  const batch = input.length / sizeOf(model.graph.inputShape);
  if (modules.length === 1) return engine.predict(input, batch);
  const uploaded = engine.upload(input, batch);
  const output = await engine.forward(0, 1, uploaded);
  const values = await engine.download(output);
  uploaded.dispose();
  output.dispose();
  return values;
}

function formatOf({ model, input }: PreparedModel): SampleFormat {
  return {
    shape: model.graph.inputShape,
    quantization: model.quantization[0]!,
    description: input,
  };
}

function planar(image: Float32Array, channels: number): Float32Array {
  const positions = image.length / channels;
  return image.map(
    (_, index) => image[(index % positions) * channels + Math.floor(index / positions)]!,
  );
}
