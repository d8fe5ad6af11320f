// A publisher's integer weights as ours: int8 without zero points, one scale per output channel.
// Channels that do not fit are requantised, and a note says so.
import type { LayerParameters } from '#runtime';

import { roundHalfEven } from '../quantize/round-half-even.ts';
import type { Draft, DraftLayer } from './draft.ts';
import { quote } from './quote.ts';

/** What int32 holds, less a margin for the rounding of a float32 bias. */
const largestSum = 2 ** 31 - 2 ** 12;

/** The integers of one output channel, real = scale * integer. */
interface Channel {
  readonly integers: ArrayLike<number>;
  readonly scale: number;
  readonly bias: number;
}

/** `inputScale` is that of what `layer`, one of the draft's, multiplies. */
export function importLayer(
  draft: Draft,
  layer: DraftLayer,
  { inputScale, notes }: { readonly inputScale: number; readonly notes: string[] },
): LayerParameters {
  const outputs = layer.bias.length;
  const size = layer.weights.length / outputs;
  const weights = new Int8Array(layer.weights.length);
  const bias = new Int32Array(outputs);
  const weightScales = new Float32Array(outputs);
  let changed = 0;
  let worst = 0;
  for (let o = 0; o < outputs; o++) {
    const channel = channelOf(layer, o, size);
    const coarser = coarserScale(channel, inputScale);
    const scale = coarser ?? channel.scale;
    const ratio = channel.scale / scale;
    for (let i = 0; i < size; i++)
      weights[o * size + i] = roundHalfEven(channel.integers[i]! * ratio);
    weightScales[o] = scale;
    bias[o] =
      coarser === null
        ? integerBias(layer, o, inputScale * scale)
        : accumulated(channel.bias, inputScale * scale);
    if (coarser !== null) {
      changed += 1;
      worst = Math.max(worst, scale / 2);
    }
  }
  if (changed > 0) notes.push(requantizedNote(draft, layer, { changed, worst }));
  return { weights, bias, weightScales };
}

/** A layer that the file has in floats is taken as integers of a scale that is far too fine. */
function channelOf({ weights, bias, quantized }: DraftLayer, o: number, size: number): Channel {
  const [from, to] = [o * size, (o + 1) * size];
  if (quantized !== null) {
    return {
      integers: quantized.weights.subarray(from, to),
      scale: quantized.scales[o]!,
      bias: bias[o]!,
    };
  }
  const scale = 2 ** -30;
  return {
    integers: Float64Array.from(weights.subarray(from, to), (w) => w / scale),
    scale,
    bias: bias[o]!,
  };
}

/** The scale at which a channel's weights fit int8 and its sums int32; null where its own is one. */
function coarserScale({ integers, scale, bias }: Channel, inputScale: number): number | null {
  if (!(scale > 0 && Number.isFinite(scale))) return 2 ** -20;
  let largest = 0;
  let total = 0;
  let fits = true;
  for (let i = 0; i < integers.length; i++) {
    const integer = integers[i]!;
    largest = Math.max(largest, Math.abs(integer));
    total += Math.abs(integer);
    fits &&= integer >= -128 && integer <= 127;
  }
  const forWeights = fits ? 1 : largest / 127;
  const sum = Math.abs(bias) / (inputScale * scale) + (255 * total) / forWeights;
  const forSums = sum < largestSum ? 1 : (2 * sum) / largestSum;
  const ratio = Math.max(forWeights, forSums);
  return ratio === 1 ? null : Math.fround(scale * ratio);
}

/** The file's own integer where it is at the scale of the sums, as it should be. */
function integerBias({ bias, quantizedBias }: DraftLayer, o: number, scale: number): number {
  const own = quantizedBias !== null && Math.abs(quantizedBias.scales[o]! / scale - 1) < 1e-5;
  return own ? quantizedBias.bias[o]! : accumulated(bias[o]!, scale);
}

function accumulated(bias: number, scale: number): number {
  return Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), roundHalfEven(bias / scale)));
}

function requantizedNote(
  { name }: Draft,
  { bias, quantized }: DraftLayer,
  { changed, worst }: { changed: number; worst: number },
): string {
  const error = `weights off by at most ${worst.toPrecision(3)}`;
  return quantized === null
    ? `${quote(name)}: the file keeps its weights in floats; they were quantised, ${error}`
    : `${quote(name)}: ${changed} of ${bias.length} output channels do not fit int8 without a zero point, ` +
        `or int32 with their bias, and were requantised, ${error}`;
}
