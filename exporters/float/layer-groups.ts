// A layer's groups, and its weights in the two orders its products read them.
import type { FloatArray, FloatParameters } from './array.ts';
import { padToFour } from './multiply.ts';
import type { PatchGeometry } from './patches.ts';
import { panelRows } from './patches.ts';

export interface LayerCall {
  readonly geometry: PatchGeometry;
  readonly batch: number;
  readonly groups: number;
  readonly outputChannels: number;
  readonly parameters: FloatParameters;
}

export interface Group {
  readonly outputs: number;
  readonly firstOutput: number;
  readonly inputs: number;
  readonly firstInput: number;
  /** Weights of one output; a patch is `length` long, padded with zeros. */
  readonly fan: number;
  readonly length: number;
  readonly paddedOutputs: number;
  /** Rows of a panel. */
  readonly rows: number;
}

export function groupsOf({ geometry, groups, outputChannels }: LayerCall): Group[] {
  const inputs = geometry.channels / groups;
  const outputs = outputChannels / groups;
  const fan = geometry.offsets * inputs;
  const length = padToFour(fan);
  return Array.from({ length: groups }, (_, g) => ({
    outputs,
    firstOutput: g * outputs,
    inputs,
    firstInput: g * inputs,
    fan,
    length,
    paddedOutputs: padToFour(outputs),
    rows: panelRows(length),
  }));
}

/** [o, (k, c)] -> [(k, c), o], padded. */
export function packInputMajor(weights: FloatArray, group: Group): Float64Array {
  const { outputs, firstOutput, fan, length, paddedOutputs } = group;
  const packed = new Float64Array(length * paddedOutputs);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < fan; i++) {
      packed[i * paddedOutputs + o] = weights[(firstOutput + o) * fan + i]!;
    }
  }
  return packed;
}

/** [(k, c), o] -> [o, (k, c)], without the padding; adds. */
export function unpackInputMajor(packed: Float64Array, group: Group, weights: FloatArray): void {
  const { outputs, firstOutput, fan, paddedOutputs } = group;
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < fan; i++) {
      weights[(firstOutput + o) * fan + i]! += packed[i * paddedOutputs + o]!;
    }
  }
}

/** [o, (k, c)], each row padded to the length of a patch. */
export function packOutputMajor(weights: FloatArray, group: Group): Float64Array {
  const { outputs, firstOutput, fan, length } = group;
  const packed = new Float64Array(outputs * length);
  for (let o = 0; o < outputs; o++) {
    packed.set(weights.subarray((firstOutput + o) * fan, (firstOutput + o + 1) * fan), o * length);
  }
  return packed;
}
