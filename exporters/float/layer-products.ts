// The three products of a layer (conv or dense), panel by panel, for one group at a time:
//   forward          y  = patches W^T + b
//   weight gradient  dW = dy^T patches,  db = sum of dy
//   input gradient   dpatches = dy W, added back to the positions the patches came from
import type { FloatArray, FloatParameters } from './array.ts';
import type { Group, LayerCall } from './layer-groups.ts';
import { groupsOf, packInputMajor, packOutputMajor, unpackInputMajor } from './layer-groups.ts';
import { multiplyAdd } from './multiply.ts';
import type { PanelRange } from './patches.ts';
import { gatherPatches, scatterPatches } from './patches.ts';

/** y[p, o] = b[o] + sum over k, c of w[o, k, c] x[gather(p, k), c]; writes all of `y`. */
export function layerForward(call: LayerCall, x: FloatArray, y: FloatArray): void {
  const { geometry, outputChannels, parameters } = call;
  for (const group of groupsOf(call)) {
    const { outputs, firstOutput, length, paddedOutputs, rows } = group;
    const weights = packInputMajor(parameters.weights, group);
    const patches = new Float64Array(rows * length);
    const sums = new Float64Array(rows * paddedOutputs);
    for (const panel of panelsOf(call, group)) {
      gatherPatches(geometry, panel, x, patches);
      sums.fill(0);
      const a = { data: patches, rowStride: length, innerStride: 1 };
      multiplyAdd(a, weights, sums, { rows, inner: length, columns: paddedOutputs });
      for (let r = 0; r < panel.rows; r++) {
        const to = (panel.first + r) * outputChannels + firstOutput;
        for (let o = 0; o < outputs; o++) {
          y[to + o] = sums[r * paddedOutputs + o]! + parameters.bias[firstOutput + o]!;
        }
      }
    }
  }
}

/** Adds to dx where it is given, and to the parameter gradients where they are. `dz` is before the clamp. */
export function layerBackward(
  call: LayerCall,
  x: FloatArray,
  dz: FloatArray,
  gradients: { readonly input: FloatArray | null; readonly parameters: FloatParameters | null },
): void {
  const { geometry } = call;
  for (const group of groupsOf(call)) {
    const { length, paddedOutputs, rows } = group;
    const errors = new Float64Array(rows * paddedOutputs);
    const patches = new Float64Array(rows * length);
    const weights = packOutputMajor(call.parameters.weights, group);
    const weightGradient = new Float64Array(length * paddedOutputs);
    for (const panel of panelsOf(call, group)) {
      loadErrors(call, group, panel, { dz, errors });
      if (gradients.parameters !== null) {
        gatherPatches(geometry, panel, x, patches);
        const transposed = { data: patches, rowStride: 1, innerStride: length };
        const size = { rows: length, inner: panel.rows, columns: paddedOutputs };
        multiplyAdd(transposed, errors, weightGradient, size);
        addBiasGradient(group, panel, errors, gradients.parameters.bias);
      }
      if (gradients.input !== null) {
        patches.fill(0);
        const a = { data: errors, rowStride: paddedOutputs, innerStride: 1 };
        multiplyAdd(a, weights, patches, { rows, inner: group.outputs, columns: length });
        scatterPatches(geometry, panel, patches, gradients.input);
      }
    }
    if (gradients.parameters !== null) {
      unpackInputMajor(weightGradient, group, gradients.parameters.weights);
    }
  }
}

function* panelsOf({ geometry, batch }: LayerCall, group: Group): Generator<PanelRange> {
  const total = batch * geometry.positions;
  for (let first = 0; first < total; first += group.rows) {
    yield {
      first,
      rows: Math.min(group.rows, total - first),
      firstChannel: group.firstInput,
      channels: group.inputs,
    };
  }
}

/** errors[r, o] = dz[first + r, firstOutput + o]; rows past the panel's end become zero. */
function loadErrors(
  { outputChannels }: LayerCall,
  { outputs, firstOutput, paddedOutputs }: Group,
  panel: PanelRange,
  { dz, errors }: { readonly dz: FloatArray; readonly errors: Float64Array },
): void {
  for (let r = 0; r < panel.rows; r++) {
    const from = (panel.first + r) * outputChannels + firstOutput;
    for (let o = 0; o < outputs; o++) errors[r * paddedOutputs + o] = dz[from + o]!;
  }
  errors.fill(0, panel.rows * paddedOutputs);
}

function addBiasGradient(
  { outputs, firstOutput, paddedOutputs }: Group,
  { rows }: PanelRange,
  errors: Float64Array,
  bias: FloatArray,
): void {
  for (let o = 0; o < outputs; o++) {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += errors[r * paddedOutputs + o]!;
    bias[firstOutput + o]! += sum;
  }
}
