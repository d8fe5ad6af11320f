// One call from an ONNX file to a .onward package.
import {
  InputError,
  inferShapes,
  isTrainable,
  openKernelEngine,
  quantizeSamples,
  sizeOf,
} from '#runtime';
import type { Alignment, PackageContent, Sha256 } from '#runtime';

import { assemble } from './assemble.ts';
import type { AssembleOptions } from './assemble.ts';
import type { FloatArray } from './float/array.ts';
import { outputOf, runFloat } from './float/run.ts';
import { learningRateFor } from './learning-rate.ts';
import { importModel } from './onnx/import-model.ts';
import { encodePackage } from './package/encode.ts';
import { planFor } from './plan.ts';
import { prepareImported } from './prepare.ts';
import type { PreparedModel, PrepareOptions } from './prepare.ts';
import { canGrow } from './spare-classes.ts';

export interface ExportOptions extends PrepareOptions, AssembleOptions {
  /** Name of the file or model, kept as provenance. */
  readonly source?: string;
  /** Output rows for classes that devices will add; default 4, or 0 where the last layer cannot have more. */
  readonly spareClasses?: number;
  readonly sha256: Sha256;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface ExportReport {
  readonly layers: number;
  readonly trainableParameters: number;
  /** Of the plan: as given, or as it fits the model. */
  readonly learningRate: number;
  readonly packageBytes: number;
  /** Fractions on the calibration labels; null where there were none. */
  readonly floatAccuracy: number | null;
  readonly int8Accuracy: number | null;
  readonly alignment: readonly Alignment[];
  readonly notes: readonly string[];
}

/** Throws FormatError, UnsupportedError or InputError, naming the node, the sample or the option. */
export async function exportPackage(
  onnx: Uint8Array,
  options: ExportOptions,
): Promise<{ bytes: Uint8Array; content: PackageContent; report: ExportReport }> {
  const imported = importModel(onnx);
  const spareClasses = options.spareClasses ?? (canGrow(imported.graph.nodes.at(-1)!) ? 4 : 0);
  const prepared = prepareImported(imported, { ...options, spareClasses });
  const planned = planFor(prepared.model.graph, prepared.modules, options.plan);
  const learningRate =
    options.plan?.learningRate ??
    learningRateFor(prepared, planned, (done, total) =>
      options.onProgress?.('learning rate', done, total),
    );
  const plan = { ...options.plan, learningRate };
  const { alignment, ...assembled } = assemble(prepared, { ...options, plan });
  if (assembled.labels.length !== prepared.classes) {
    throw new InputError(
      `labels: expected ${prepared.classes} names, one per output, got ${assembled.labels.length}`,
    );
  }
  const accuracies = prepared.hasLabels ? await measureAccuracies(prepared, assembled) : null;
  const content: PackageContent = {
    ...assembled,
    provenance: {
      source: options.source ?? '',
      sourceSha256: hex(await options.sha256(onnx)),
      exporter: 'onward 0.1.0',
      calibrationSamples: prepared.labels.length,
      floatAccuracy: accuracies?.float ?? null,
      int8Accuracy: accuracies?.int8 ?? null,
      alignment,
    },
  };
  const bytes = await encodePackage(content, options.sha256);
  const report: ExportReport = {
    layers: content.model.graph.nodes.filter(isTrainable).length,
    trainableParameters: trainableParameters(content),
    learningRate,
    packageBytes: bytes.length,
    floatAccuracy: accuracies?.float ?? null,
    int8Accuracy: accuracies?.int8 ?? null,
    alignment,
    notes: prepared.notes,
  };
  return { bytes, content, report };
}

async function measureAccuracies(
  prepared: PreparedModel,
  { plan, feedback, stateFeedback }: Pick<PackageContent, 'plan' | 'feedback' | 'stateFeedback'>,
): Promise<{ float: number; int8: number }> {
  const { model, modules, float, samples, labels } = prepared;
  const { inputShape } = model.graph;
  const parameters = model.layers;
  const programs = new Map<string, Uint8Array>();
  const engine = await openKernelEngine({
    model,
    modules,
    plan,
    feedback,
    stateFeedback,
    parameters,
    programs,
  });
  const quantized = quantizeSamples(samples, {
    shape: inputShape,
    quantization: model.quantization[0]!,
    description: { layout: 'nhwc', mean: [], deviation: [] },
  });
  const size = sizeOf(inputShape);
  const [steps, , classes] = inferShapes(model.graph).at(-1)!;
  const right = { float: 0, int8: 0 };
  for (let sample = 0; sample * size < samples.length; sample++) {
    const [from, to] = [sample * size, (sample + 1) * size];
    const run = runFloat(float, samples.subarray(from, to), { keep: () => false });
    const own = labels.slice(sample * steps, (sample + 1) * steps);
    right.float += countRight(outputOf(float, run), own, classes);
    right.int8 += countRight(await engine.predict(quantized.subarray(from, to), 1), own, classes);
  }
  const judged = labels.filter((label) => label >= 0).length;
  return { float: right.float / judged, int8: right.int8 / judged };
}

/** Positions whose largest logit is their label. */
function countRight(logits: FloatArray, labels: readonly number[], classes: number): number {
  return labels.filter((label, position) => {
    const own = logits.subarray(position * classes, (position + 1) * classes);
    return label >= 0 && own.every((logit) => logit <= own[label]!);
  }).length;
}

function trainableParameters({ model, modules, plan }: PackageContent): number {
  let count = 0;
  for (const [node, { weights, bias }] of model.layers) {
    const module = modules.findIndex(({ from, to }) => node >= from && node < to);
    if (plan.rules[module] !== 'frozen') count += weights.length + bias.length;
  }
  return count;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
