// A layer on the GPU: its weights and what is constant about it.
import { clampRange, layerNorms } from '#runtime';
import type { ClampRange, LayerParameters, Model, Shape } from '#runtime';

import type { Gpu } from './gpu.ts';
import { matrixUniforms, packMatrix, unpackMatrix } from './layer-texture.ts';
import type { MatrixUniforms } from './layer-texture.ts';
import { inputQuantization, inputShape, quadsOf } from './site.ts';
import type { LayerSite } from './site.ts';
import type { Texture } from './texture.ts';
import type { Geometry } from './window-sums.ts';
import { windowUniforms } from './window.ts';

export interface Layer {
  readonly site: LayerSite;
  readonly geometry: Geometry;
  /**
   * words, four texels for each four rows, float32 bits: the multiplier of the sums (to the output's
   * scale, or to real units for logits), s_w, 1 / s_w, 1 / f32(s_x * s_w). 0 for rows that are not.
   */
  readonly constants: Texture;
  /** layer-texture.ts; replaced by each update. The layer's own. */
  weights: Texture;
  /** The caller's arrays, as of the last pull or push. */
  readonly parameters: LayerParameters;
  readonly inputZero: number;
  /** Null where the layer makes logits. */
  readonly clamp: ClampRange | null;
  readonly inputScale: number;
  /** Norms of the exported weights and bias, against which steps are clipped. */
  readonly norms: { readonly weights: number; readonly bias: number };
}

export function openLayer(
  gpu: Gpu,
  site: LayerSite,
  model: Model,
  parameters: LayerParameters,
): Layer {
  const geometry = geometryOf(site);
  const { scale, zeroPoint } = inputQuantization(site);
  const output = site.outputQuantization;
  return {
    site,
    geometry,
    constants: gpu.upload('words', constantsOf(site, scale, parameters.weightScales)),
    weights: uploadWeights(gpu, geometry.matrix, parameters),
    parameters,
    inputZero: zeroPoint,
    clamp: output === null ? null : clampRange(site.attributes.clamp, output),
    inputScale: Math.fround(scale),
    norms: layerNorms(model.layers.get(site.index) ?? parameters, scale),
  };
}

/** Makes the layer's texture hold what its arrays hold. */
export function pushLayer(gpu: Gpu, layer: Layer): void {
  const { weights } = layer;
  layer.weights = uploadWeights(gpu, layer.geometry.matrix, layer.parameters);
  weights.release();
}

/** Writes words read from the layer's texture into its arrays. */
export function pullLayer({ geometry, parameters }: Layer, words: Int32Array): void {
  unpackMatrix(geometry.matrix, words, parameters);
}

export function closeLayer({ weights, constants }: Layer): void {
  weights.release();
  constants.release();
}

function uploadWeights(
  gpu: Gpu,
  matrix: MatrixUniforms,
  { weights, bias }: LayerParameters,
): Texture {
  return gpu.upload('words', packMatrix(matrix, weights, bias));
}

/** A dense layer is a window as large as its input, at one position. */
function geometryOf(site: LayerSite): Geometry {
  const input = inputShape(site);
  const output: Shape = site.outputShape;
  const isConv = site.operator === 'conv';
  const window = isConv
    ? site.attributes.window
    : ({
        kernel: [input[0], input[1]],
        stride: [1, 1],
        dilation: [1, 1],
        pads: [0, 0, 0, 0],
      } as const);
  const matrix = matrixUniforms({
    rows: output[2],
    channels: input[2],
    groups: isConv ? site.attributes.groups : 1,
    offsets: window.kernel[0] * window.kernel[1],
  });
  return {
    window: windowUniforms(input, window),
    matrix,
    inputShape: input,
    outputShape: output,
  };
}

function constantsOf(
  { outputShape, outputQuantization }: LayerSite,
  scale: number,
  weightScales: Float32Array,
): Int32Array {
  const constants = new Float32Array(16 * quadsOf(outputShape));
  const inputScale = Math.fround(scale);
  weightScales.forEach((weightScale, row) => {
    const product = Math.fround(inputScale * weightScale);
    const texel = 16 * (row >> 2) + (row & 3);
    constants[texel] =
      outputQuantization === null ? product : product / Math.fround(outputQuantization.scale);
    constants[texel + 4] = weightScale;
    constants[texel + 8] = 1 / weightScale;
    constants[texel + 12] = 1 / product;
  });
  return new Int32Array(constants.buffer);
}
