// Merges what exporters leave apart: an affine (batch normalisation, a constant added or multiplied)
// into the layer before or after it, a clamp (Relu, Clip) into the layer or sum before it. Merging
// is exact in real numbers; values that the file quantises between the two stay apart.
import type { Clamp } from '#runtime';

import type { Draft, DraftLayer, Operation } from './draft.ts';
import { composeClamps, sameQuantization } from './draft.ts';

/** `drafts` are in order, the input first, the output last; so is the result. */
export function fuse(drafts: readonly Draft[]): Draft[] {
  const users = new Map<Draft, number>();
  for (const { inputs } of drafts) {
    for (const input of inputs) users.set(input, (users.get(input) ?? 0) + 1);
  }
  const mergedInto = new Map<Draft, Draft>();
  const result: Draft[] = [];
  for (const draft of drafts) {
    draft.inputs = draft.inputs.map((input) => mergedInto.get(input) ?? input);
    const [before] = draft.inputs;
    const isAlone = before !== undefined && users.get(before) === 1;
    if (isAlone && (mergeAffine(before, draft) || mergeClamp(before, draft))) {
      before.quantization = draft.quantization ?? before.quantization;
      mergedInto.set(draft, before);
      users.set(before, users.get(draft) ?? 0);
      continue;
    }
    if (isAlone && before.inputs.length === 1 && mergeFollowing(before, draft)) {
      draft.inputs = before.inputs;
      result.splice(result.lastIndexOf(before), 1);
    }
    result.push(draft);
  }
  return result;
}

/** y = scale (W x + b) + shift is a layer with weights scale W and bias scale b + shift. */
function mergeAffine(before: Draft, { layer, operation }: Draft): boolean {
  if (layer === null || !layer.isAffine || operation?.operator !== 'conv') return false;
  const target = before.layer;
  const clamp =
    before.operation && 'clamp' in before.operation.attributes && before.operation.attributes.clamp;
  const isLinear = before.operation?.operator === 'conv' || before.operation?.operator === 'dense';
  if (target === null || !isLinear) return false;
  if (clamp !== null || before.quantization !== null) return false;
  const outputs = target.bias.length;
  const size = target.weights.length / outputs;
  const { quantized } = target;
  for (let o = 0; o < outputs; o++) {
    const [scale, shift] = [layer.weights[o]!, layer.bias[o]!];
    for (let i = o * size; i < (o + 1) * size; i++) {
      target.weights[i] = target.weights[i]! * scale;
      if (quantized !== null && scale < 0) quantized.weights[i] = -quantized.weights[i]!;
    }
    if (quantized !== null) quantized.scales[o] = quantized.scales[o]! * Math.abs(scale);
    target.bias[o] = target.bias[o]! * scale + shift;
  }
  target.quantizedBias = null;
  setClamp(before, operation.attributes.clamp);
  return true;
}

function mergeClamp(before: Draft, { operation, quantization }: Draft): boolean {
  if (operation?.operator !== 'lookup' || operation.attributes.activation !== 'clamp') return false;
  const target = before.operation;
  if (target === null || !('clamp' in target.attributes)) return false;
  const [minimum, maximum] = operation.attributes.parameters as [number, number];
  const isRescaled = before.quantization !== null && quantization !== null;
  if (isRescaled && !sameQuantization(before.quantization, quantization)) return false;
  setClamp(before, composeClamps(target.attributes.clamp, { minimum, maximum }));
  return true;
}

/** W (scale x + shift) + b is a layer with weights W scale and bias b + W shift, but for its padding. */
function mergeFollowing(before: Draft, { layer, operation }: Draft): boolean {
  if (!before.layer?.isAffine || before.operation?.operator !== 'conv' || layer === null)
    return false;
  if (before.operation.attributes.clamp !== null || before.quantization !== null) return false;
  if (layer.quantized !== null || layer.isAffine) return false;
  const { weights: scale, bias: shift } = before.layer;
  const isPadded =
    operation?.operator === 'conv' && operation.attributes.window.pads.some((pad) => pad > 0);
  if (isPadded && shift.some((value) => value !== 0)) return false;
  const channels =
    operation?.operator === 'conv' ? scale.length / operation.attributes.groups : scale.length;
  const perGroup =
    operation?.operator === 'conv'
      ? layer.bias.length / operation.attributes.groups
      : layer.bias.length;
  mergeInputs(layer, { scale, shift, channels, perGroup });
  return true;
}

interface InputAffine {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  /** Input and output channels of a group. */
  readonly channels: number;
  readonly perGroup: number;
}

function mergeInputs(layer: DraftLayer, { scale, shift, channels, perGroup }: InputAffine): void {
  const size = layer.weights.length / layer.bias.length;
  for (let o = 0; o < layer.bias.length; o++) {
    const first = Math.floor(o / perGroup) * channels;
    let added = 0;
    for (let i = 0; i < size; i++) {
      const c = first + (i % channels);
      const weight = layer.weights[o * size + i]!;
      added += weight * shift[c]!;
      layer.weights[o * size + i] = weight * scale[c]!;
    }
    layer.bias[o] = layer.bias[o]! + added;
  }
  layer.quantizedBias = null;
}

function setClamp(draft: Draft, clamp: Clamp | null): void {
  const { operation } = draft;
  draft.operation = { ...operation, attributes: { ...operation!.attributes, clamp } } as Operation;
}
