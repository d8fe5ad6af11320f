// From an ONNX file and some samples to an int8 model: everything an export does once, whatever the
// plan. Benchmarks prepare once and assemble many plans.
import { InputError, inferShapes, sizeOf } from '#runtime';
import type { InputDescription, Model, Module, Shape, SoundDescription } from '#runtime';
import { logMel, logMelForm } from '#runtime/sound';

import type { FloatModel } from './float/model.ts';
import { outputOf, runFloat } from './float/run.ts';
import { inInputUnits, inputUnit } from './input-unit.ts';
import { importModel } from './onnx/import-model.ts';
import type { ImportedModel } from './onnx/import-model.ts';
import { partition } from './partition.ts';
import { fromImported } from './quantize/from-imported.ts';
import { observeRanges } from './quantize/observe.ts';
import type { Observer } from './quantize/observe.ts';
import { quantize } from './quantize/quantize.ts';
import { addSpareClasses } from './spare-classes.ts';

/** Samples like those the device will see, labelled where possible. */
export interface Calibration {
  /** One sample after another, in the model's own layout, before mean and deviation. */
  readonly x: ArrayLike<number>;
  /** A class for each sample, or for each of its steps where the model has logits for each; -1 is not judged then. */
  readonly y?: ArrayLike<number>;
}

export interface PrepareOptions {
  readonly calibration: Calibration;
  /** Normalisation the device applies to samples; default none. One number per channel. */
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
  /** Where samples are log-mel features of sounds: how devices compute them; before mean and deviation. */
  readonly sound?: SoundDescription;
  readonly observer?: Observer;
  /** Largest |weight|; a model that is already int8 keeps its own weights, at most 127. */
  readonly weightLimit?: 64 | 127;
  /** Output rows for classes that devices will add; default 0. */
  readonly spareClasses?: number;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface PreparedModel {
  readonly float: FloatModel;
  readonly model: Model;
  readonly modules: readonly Module[];
  /** The deviation is the caller's times `unit`. */
  readonly input: InputDescription;
  /**
   * What normalised samples are divided by, the weights of the first layers multiplied: a power of two, 1 where samples
   * are small already. It computes the same, and learns as fast in the first layers as in the others.
   */
  readonly unit: number;
  /** float32 [n, height, width, channels], as the models take them: normalised and divided. */
  readonly samples: Float32Array;
  /**
   * The calibration's, or drawn from the float model's own predictions where it had none. One for each position of the
   * output, sample after sample; -1 where a position is not judged.
   */
  readonly labels: readonly number[];
  readonly hasLabels: boolean;
  /** Classes of the model, without the spare ones. */
  readonly classes: number;
  /** What had to be changed about the model, in words. */
  readonly notes: readonly string[];
}

/** Throws FormatError, UnsupportedError or InputError, naming the node or the sample. */
export function prepareModel(onnx: Uint8Array, options: PrepareOptions): PreparedModel {
  return prepareImported(importModel(onnx), options);
}

/** The same for a model that is already in memory. Its arrays are copied only where they are rescaled to `unit`. */
export function prepareImported(asItCame: ImportedModel, options: PrepareOptions): PreparedModel {
  const { calibration, observer, weightLimit, spareClasses = 0, onProgress } = options;
  const { graph } = asItCame;
  const { sound = null } = options;
  // Refuses what devices could not compute.
  if (sound !== null) logMel(logMelForm(sound, graph.inputShape));
  const { input, unit, samples } = inputOf(asItCame, options);
  const imported = inInputUnits(asItCame, unit);
  const bare: FloatModel = { graph, parameters: imported.parameters };
  const notes = [...imported.notes];
  if (unit !== 1) {
    notes.push(
      `input: samples are divided by ${unit}, and the weights of the first layers multiplied by it, so that these learn as fast as the others; predictions are the same`,
    );
  }
  const quantizeOptions = {
    ...(weightLimit === undefined ? {} : { weightLimit }),
    onNote: (note: string) => notes.push(note),
  };
  const quantized = imported.quantized
    ? fromImported(bare, imported.quantized, quantizeOptions)
    : quantize(
        bare,
        observeRanges(bare, samples, {
          ...(observer === undefined ? {} : { observer }),
          onProgress: ({ done, total }) => onProgress?.('ranges', done, total),
        }),
        quantizeOptions,
      );
  const { float, model } = addSpareClasses({ float: bare, model: quantized }, spareClasses);
  const count = samples.length / sizeOf(graph.inputShape);
  const [steps, , classes] = inferShapes(graph).at(-1)!;
  const labels = calibration.y
    ? checkedLabels(calibration.y, { count, steps, classes })
    : drawnLabels(bare, samples, count);
  const hasLabels = calibration.y !== undefined;
  return {
    float,
    model,
    modules: partition(model.graph),
    input,
    unit,
    samples,
    labels,
    hasLabels,
    classes,
    notes,
  };
}

/** How devices take samples, so that the model gets them in its own units, and the calibration's so taken. */
function inputOf(
  { graph, inputLayout }: ImportedModel,
  options: PrepareOptions,
): Pick<PreparedModel, 'input' | 'unit' | 'samples'> {
  const channels = graph.inputShape[2];
  const { mean = filled(channels, 0), deviation = filled(channels, 1), sound = null } = options;
  const input: InputDescription = { layout: inputLayout, mean, deviation, sound };
  const samples = toChannelsLast(options.calibration.x, graph.inputShape, input);
  const unit = inputUnit(graph, samples);
  return {
    input: { ...input, deviation: deviation.map((each) => each * unit) },
    unit,
    samples: unit === 1 ? samples : samples.map((value) => value / unit),
  };
}

/** Samples in the description's layout -> normalised float32 NHWC. */
export function toChannelsLast(
  x: ArrayLike<number>,
  shape: Shape,
  { layout, mean, deviation }: InputDescription,
): Float32Array {
  const size = sizeOf(shape);
  if (x.length === 0 || x.length % size !== 0) {
    throw new InputError(
      `calibration.x: expected a multiple of ${size} values (${shape.join('x')}), got ${x.length}; one sample after another, as the model takes them`,
    );
  }
  const [channels, positions] = [shape[2], shape[0] * shape[1]];
  const samples = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += size) {
    for (let p = 0; p < positions; p++) {
      for (let c = 0; c < channels; c++) {
        const value = x[start + (layout === 'nhwc' ? p * channels + c : c * positions + p)]!;
        if (!Number.isFinite(value)) {
          throw new InputError(
            `calibration.x: expected finite numbers, got ${value} in sample ${start / size}`,
          );
        }
        samples[start + p * channels + c] = (value - (mean[c] ?? 0)) / (deviation[c] ?? 1);
      }
    }
  }
  return samples;
}

function filled(length: number, value: number): number[] {
  return Array.from({ length }, () => value);
}

function checkedLabels(
  y: ArrayLike<number>,
  { count, steps, classes }: { count: number; steps: number; classes: number },
): number[] {
  if (y.length !== count * steps) {
    throw new InputError(`calibration.y: expected ${count * steps} labels, got ${y.length}`);
  }
  const least = steps > 1 ? -1 : 0;
  return Array.from(y, (label, index) => {
    if (Number.isInteger(label) && label >= least && label < classes) return label;
    throw new InputError(
      `calibration.y[${index}]: expected a class from 0 to ${classes - 1}, got ${label}`,
    );
  });
}

// Labels drawn from softmax(logits) give the error the model expects to make (the Fisher metric's
// labels); its most likely labels would give almost none. Quasi-random, so that an export repeats.
function drawnLabels(float: FloatModel, samples: Float32Array, count: number): number[] {
  const size = sizeOf(float.graph.inputShape);
  const classes = inferShapes(float.graph).at(-1)![2];
  const labels: number[] = [];
  for (let index = 0; index < count; index++) {
    const sample = samples.subarray(index * size, (index + 1) * size);
    const logits = outputOf(float, runFloat(float, sample, { keep: () => false }));
    for (let row = 0; row < logits.length; row += classes) {
      labels.push(drawnFrom(logits.subarray(row, row + classes), labels.length));
    }
  }
  return labels;
}

function drawnFrom(logits: ArrayLike<number>, index: number): number {
  const golden = 0.6180339887498949;
  const numbers = Array.from(logits);
  const largest = Math.max(...numbers);
  const powers = numbers.map((logit) => Math.exp(logit - largest));
  let rest = ((index * golden) % 1) * powers.reduce((sum, power) => sum + power, 0);
  const drawn = powers.findIndex((power) => (rest -= power) < 0);
  return drawn < 0 ? powers.length - 1 : drawn;
}
