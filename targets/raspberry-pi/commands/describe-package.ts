// What a package holds, as numbers and as lines for people.
import type { MemoryPlan } from '#exporters';
import { feedbackOf, isLayer, outputRows } from '#runtime';
import type { PackageContent, Rule } from '#runtime';

import { tableLines } from './table.ts';
import { showBytes, showPercent } from './units.ts';

/** What `inspect --json` prints; bytes of one sample for activations, of the plan's batch for peaks. */
export interface Inspection {
  readonly modules: readonly {
    readonly name: string;
    readonly rule: Rule;
    readonly activationBytes: number;
    readonly weightBytes: number;
    readonly feedbackBytes: number;
    /** Fraction of the feedback that is not zero; null where there is none. */
    readonly density: number | null;
  }[];
  readonly learningRate: number;
  readonly peakPredictBytes: number;
  readonly peakLearnBytes: number;
  readonly backpropBytes: number;
}

export function inspection(content: PackageContent, memory: MemoryPlan): Inspection {
  const { modules, peakPredictBytes, peakLearnBytes, backpropBytes } = memory;
  return {
    modules: content.modules.map((module, index) => {
      const feedback = feedbackOf(module, content.feedback);
      const weights = feedback.map(({ matrix }) => matrix.length).reduce(sum, 0);
      const kept = feedback.map(({ matrix }) => matrix.filter(Boolean).length).reduce(sum, 0);
      const scales = feedback.map((map) => map.scales.byteLength).reduce(sum, 0);
      return {
        name: module.name,
        rule: content.plan.rules[index] ?? 'frozen',
        activationBytes: modules[index]?.activationBytes ?? 0,
        weightBytes: modules[index]?.weightBytes ?? 0,
        feedbackBytes: weights + scales,
        density: weights === 0 ? null : kept / weights,
      };
    }),
    learningRate: content.plan.learningRate,
    peakPredictBytes,
    peakLearnBytes,
    backpropBytes,
  };
}

/** Everything worth knowing, a table of the modules included. */
export function describePackage(
  path: string,
  bytes: number,
  content: PackageContent,
  object: Inspection,
): string[] {
  const { batchSize, epochs, learningRate, feedbackRatio } = content.plan;
  return [
    ...summaryLines(path, bytes, content),
    '',
    ...moduleLines(object, content),
    '',
    `plan     batch ${batchSize}, ${epochs} epochs, rate ${learningRate}, ${feedbackRatio} of it where feedback teaches`,
    `predict  ${showBytes(object.peakPredictBytes)}`,
    `learn    ${showBytes(object.peakLearnBytes)}; backpropagation ${showBytes(object.backpropBytes)}`,
  ];
}

function summaryLines(path: string, bytes: number, content: PackageContent): string[] {
  const { model, input, labels, provenance } = content;
  const [height, width, channels] = model.graph.inputShape;
  const { floatAccuracy, int8Accuracy } = provenance;
  const accuracies = [
    ...(floatAccuracy === null ? [] : [`float ${showPercent(floatAccuracy)}`]),
    ...(int8Accuracy === null ? [] : [`int8 ${showPercent(int8Accuracy)}`]),
  ];
  const shown = labels.slice(0, 12).join(', ') + (labels.length > 12 ? ', ...' : '');
  const layers = model.graph.nodes.filter(isLayer).length;
  const rows = outputRows(content);
  const examples = content.examples.labels.length;
  return [
    `${path}: ${showBytes(bytes)}, ${layers} layers in ${content.modules.length} modules`,
    `from     ${provenance.source}, by ${provenance.exporter}, ${provenance.calibrationSamples} calibration samples`,
    `input    ${height} x ${width} x ${channels}, ${input.layout}`,
    `labels   ${labels.length}: ${shown}; ${rows - labels.length} spare`,
    ...(examples > 0 ? [`examples ${examples} of the calibration samples`] : []),
    ...(accuracies.length > 0
      ? [`accuracy ${accuracies.join(', ')} on the calibration samples`]
      : []),
  ];
}

function moduleLines({ modules }: Inspection, content: PackageContent): string[] {
  return tableLines([
    ['module', 'rule', 'activations', 'weights', 'feedback', 'density', 'aligned'],
    ...modules.map((module, index) => [
      module.name,
      module.rule,
      showBytes(module.activationBytes),
      showBytes(module.weightBytes),
      ...(module.density === null
        ? ['-', '-']
        : [showBytes(module.feedbackBytes), showPercent(module.density)]),
      alignmentOf(content, index),
    ]),
  ]);
}

/** Least cosine, of a module's layers, of feedback's update with backpropagation's. */
function alignmentOf({ model, modules, provenance }: PackageContent, index: number): string {
  const { from = 0, to = 0 } = modules[index] ?? {};
  const names = new Set(model.graph.nodes.slice(from, to).map(({ name }) => name));
  const cosines = provenance.alignment.filter(({ layer }) => names.has(layer));
  return cosines.length === 0 ? '-' : Math.min(...cosines.map(({ cosine }) => cosine)).toFixed(2);
}

function sum(total: number, value: number): number {
  return total + value;
}
